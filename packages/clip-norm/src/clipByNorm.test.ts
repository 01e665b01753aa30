import { createStepper, transformFromJSON } from '@gradkit/core';
import { describe, expect, test } from 'vitest';
import { clipByNorm } from './clipByNorm.ts';
import { updateOnce } from './updateOnce.ts';

const { fround } = Math;
const registry = { transforms: { clipByNorm } };

test('each leaf has its own norm: (3, 4) becomes (0.6, 0.8), and 0.5 stays', () => {
  const { updates, report } = updateOnce(clipByNorm({ maxNorm: 1 }), { a: [3, 4], b: [0.5] });
  expect(updates).toEqual({ a: [fround(0.6), fround(0.8)], b: [0.5] });
  expect(report.leafValues['clipByNorm.norm']).toEqual(
    new Map([
      ['a', 5],
      ['b', 0.5],
    ]),
  );
  expect(report.leafValues['clipByNorm.scale']).toEqual(
    new Map([
      ['a', fround(0.2)],
      ['b', 1],
    ]),
  );
});

test.each([
  { normType: 1, norm: 7 },
  { normType: 2, norm: 5 },
  { normType: Infinity, norm: 4 },
])('the norm of order $normType of (3, 4) is $norm', ({ normType, norm }) => {
  const { updates, report } = updateOnce(clipByNorm({ maxNorm: norm / 2, normType }), { g: [3, 4] });
  expect(report.leafValues['clipByNorm.norm']?.get('g')).toBe(norm);
  expect(updates['g']).toEqual([1.5, 2]);
});

test('epsilon is added to the norm', () => {
  expect(updateOnce(clipByNorm({ maxNorm: 5, epsilon: 5 }), { g: [3, 4] }).updates['g']).toEqual([1.5, 2]);
});

test('a leaf of 1e20 and a leaf of 1e-30 are both right, at thresholds below each', () => {
  const gradients = { a: [3e20, 4e20], b: [3e-30, 4e-30] };
  const large = updateOnce(clipByNorm({ maxNorm: 1 }), gradients).updates;
  expect(large['a']?.[0]).toBeCloseTo(0.6, 6);
  expect(large['b']).toEqual([Math.fround(3e-30), Math.fround(4e-30)]);
  const small = updateOnce(clipByNorm({ maxNorm: 1e-15 }), { ...gradients, b: [3e-14, 4e-14] }).updates;
  expect((small['a']?.[1] ?? 0) / 0.8e-15).toBeCloseTo(1, 6);
  expect((small['b']?.[1] ?? 0) / 0.8e-15).toBeCloseTo(1, 6);
});

describe('edges', () => {
  test('at exactly the threshold the bits are untouched', () => {
    expect(updateOnce(clipByNorm({ maxNorm: 5 }), { g: [3, -0, 4] }).updates['g']).toEqual([3, -0, 4]);
  });

  test('a NaN or an infinity spoils its leaf only', () => {
    const { updates } = updateOnce(clipByNorm({ maxNorm: 1 }), {
      a: [Number.NaN, 1],
      b: [Infinity, 1],
      c: [3, 4],
    });
    expect(updates).toEqual({
      a: [Number.NaN, Number.NaN],
      b: [Number.NaN, 0],
      c: [fround(0.6), fround(0.8)],
    });
  });

  test('an empty leaf and zeros stay', () => {
    expect(updateOnce(clipByNorm({ maxNorm: 1 }), { a: [], b: [0, -0] }).updates).toEqual({
      a: [],
      b: [0, -0],
    });
  });
});

test('the threshold may be a schedule and may be assigned between steps', () => {
  const stepper = createStepper(clipByNorm({ maxNorm: () => 2.5 }), { g: new Float32Array(2) });
  expect(stepper.update({ g: Float32Array.of(3, 4) })['g']).toEqual(Float32Array.of(1.5, 2));
  stepper.hyperparameters['clipByNorm.maxNorm'] = 10;
  expect(stepper.update({ g: Float32Array.of(3, 4) })['g']).toEqual(Float32Array.of(3, 4));
});

test.each([
  [{ maxNorm: 0 }, /clipByNorm: maxNorm is 0; .* Write clipByNorm\(\{ maxNorm: 1 \}\)/],
  [
    { maxNorm: 1, normType: -1 },
    /clipByNorm: normType is -1; .* Write clipByNorm\(\{ maxNorm: 1, normType: 2 \}\)/,
  ],
  [{ clipnorm: 1 }, /clipByNorm has no option "clipnorm" \(a Keras name\)/],
  [{ maxNrom: 1 }, /Did you mean "maxNorm"\?/],
])('%j is refused', (options, message) => {
  expect(() => transformFromJSON({ transform: 'clipByNorm', options }, registry)).toThrow(message);
});

test('it comes back from JSON as it was', () => {
  const transform = clipByNorm({ maxNorm: 1, normType: Infinity, epsilon: 0.5 });
  const again = transformFromJSON(JSON.parse(JSON.stringify(transform.toJSON())), registry);
  expect(again.toJSON()).toEqual(transform.toJSON());
  expect(updateOnce(again, { g: [3, 4] })).toEqual(updateOnce(transform, { g: [3, 4] }));
});
