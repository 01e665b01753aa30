import { createStepper, transformFromJSON } from '@gradkit/core';
import { expect, test } from 'vitest';
import { clipByBlockRms } from './clipByBlockRms.ts';
import { updateOnce } from './updateOnce.ts';

const registry = { transforms: { clipByBlockRms } };

test('(7, 1) has a root mean square of 5 and at threshold 2.5 becomes (3.5, 0.5)', () => {
  const { updates, report } = updateOnce(clipByBlockRms({ threshold: 2.5 }), { a: [7, 1], b: [2] });
  expect(updates['a']?.[0]).toBeCloseTo(3.5, 6);
  expect(updates['a']?.[1]).toBeCloseTo(0.5, 6);
  expect(updates['b']).toEqual([2]);
  expect(report.leafValues['clipByBlockRms.rms']?.get('a')).toBeCloseTo(5, 6);
  expect(report.leafValues['clipByBlockRms.scale']).toEqual(
    new Map([
      ['a', expect.closeTo(0.5, 6)],
      ['b', 1],
    ]),
  );
});

test('unlike a norm, the root mean square does not grow with the leaf', () => {
  const ones = Array.from({ length: 1000 }, () => 1);
  expect(updateOnce(clipByBlockRms({ threshold: 1 }), { g: ones }).updates['g']).toEqual(ones);
});

test('at exactly the threshold the bits are untouched', () => {
  expect(updateOnce(clipByBlockRms({ threshold: 2 }), { g: [2, -2, 2, -2] }).updates['g']).toEqual([
    2, -2, 2, -2,
  ]);
});

test.each([1e20, 1e-30])('a leaf of %d is clipped right', (size) => {
  const { updates } = updateOnce(clipByBlockRms({ threshold: size }), { g: [7 * size, size] });
  expect((updates['g']?.[0] ?? 0) / (1.4 * size)).toBeCloseTo(1, 6);
});

test('a NaN or an infinity spoils its leaf only, and an empty leaf stays empty', () => {
  const gradients = { a: [Number.NaN, 1], b: [Infinity, 1], c: [0.5], d: [] };
  expect(updateOnce(clipByBlockRms({ threshold: 1 }), gradients).updates).toEqual({
    a: [Number.NaN, Number.NaN],
    b: [Number.NaN, 0],
    c: [0.5],
    d: [],
  });
});

test('the threshold may be a schedule and may be assigned between steps', () => {
  const stepper = createStepper(clipByBlockRms({ threshold: () => 1 }), { g: new Float32Array(1) });
  expect(stepper.update({ g: Float32Array.of(4) })['g']).toEqual(Float32Array.of(1));
  stepper.hyperparameters['clipByBlockRms.threshold'] = 2;
  expect(stepper.update({ g: Float32Array.of(4) })['g']).toEqual(Float32Array.of(2));
});

test.each([
  [{ threshold: 0 }, /clipByBlockRms: threshold is 0; .* Write clipByBlockRms\(\{ threshold: 1 \}\)/],
  [{ treshold: 1 }, /Did you mean "threshold"\?/],
  [{ clipvalue: 1 }, /a Keras name/],
])('%j is refused', (options, message) => {
  expect(() => transformFromJSON({ transform: 'clipByBlockRms', options }, registry)).toThrow(message);
});

test('it comes back from JSON as it was', () => {
  const transform = clipByBlockRms({ threshold: Infinity });
  const again = transformFromJSON(JSON.parse(JSON.stringify(transform.toJSON())), registry);
  expect(again.toJSON()).toEqual({
    transform: 'clipByBlockRms',
    options: { threshold: { number: 'Infinity' } },
  });
});
