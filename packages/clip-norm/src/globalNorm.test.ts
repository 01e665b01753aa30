import { chain, transformFromJSON } from '@gradkit/core';
import { expect, test } from 'vitest';
import { clipByGlobalNorm } from './clipByGlobalNorm.ts';
import { globalNorm } from './globalNorm.ts';
import { updateOnce } from './updateOnce.ts';

test('(3, 4) and 12 have the norm 13, and no bit changes', () => {
  const { updates, report } = updateOnce(globalNorm(), { a: [3, 4, -0], b: [12] });
  expect(report.values).toEqual({ 'globalNorm.norm': 13 });
  expect(updates).toEqual({ a: [3, 4, -0], b: [12] });
});

test('of order 1 it is the sum of sizes, of order infinity the largest', () => {
  expect(updateOnce(globalNorm({ normType: 1 }), { g: [3, -4] }).report.values['globalNorm.norm']).toBe(7);
  expect(
    updateOnce(globalNorm({ normType: Infinity }), { g: [3, -4] }).report.values['globalNorm.norm'],
  ).toBe(4);
});

test('a NaN is in the norm and not in the other entries', () => {
  const { updates, report } = updateOnce(globalNorm(), { g: [Number.NaN, 1] });
  expect(report.values['globalNorm.norm']).toBeNaN();
  expect(updates['g']).toEqual([Number.NaN, 1]);
});

test('before and after a clip it measures before and after', () => {
  const { report } = updateOnce(chain(globalNorm(), clipByGlobalNorm({ maxNorm: 1 }), globalNorm()), {
    g: [3, 4],
  });
  expect(report.values['globalNorm.norm']).toBe(5);
  expect(report.values['globalNorm#2.norm']).toBe(1);
});

test('an order of 0 is refused, and it comes back from JSON as it was', () => {
  expect(() => globalNorm({ normType: 0 })).toThrow(/globalNorm: normType is 0; it must be a number above 0/);
  const json = globalNorm({ normType: 3 }).toJSON();
  expect(transformFromJSON(json, { transforms: { globalNorm } }).toJSON()).toEqual(json);
});
