import { createStepper, transformFromJSON } from '@gradkit/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { softClip } from './softClip.ts';
import { updateOnce } from './updateOnce.ts';

const registry = { transforms: { softClip } };

test('small entries hardly change, large ones come to the limit', () => {
  const { updates } = updateOnce(softClip({ limit: 1 }), { g: [0.1, 1, 10, -10] });
  const wanted = [0.099668, 0.761594, 1, -1];
  updates['g']?.forEach((value, index) => expect(value).toBeCloseTo(wanted[index] ?? Number.NaN, 5));
});

test('the limit is the unit: entries and limit twice as large give twice the result', () => {
  const [one] = updateOnce(softClip({ limit: 1 }), { g: [0.5] }).updates['g'] ?? [];
  expect(updateOnce(softClip({ limit: 2 }), { g: [1] }).updates['g']).toEqual([2 * (one ?? Number.NaN)]);
});

test('NaN stays NaN, -0 stays -0, infinities become the limits, and an empty leaf stays empty', () => {
  const { updates } = updateOnce(softClip({ limit: 3 }), {
    g: [Number.NaN, -0, 0, Infinity, -Infinity],
    none: [],
  });
  expect(updates).toEqual({ g: [Number.NaN, -0, 0, 3, -3], none: [] });
});

test('entries that are small beside the limit keep their size', () => {
  const { updates } = updateOnce(softClip({ limit: 1 }), { g: [1e-20, -1e-30] });
  expect((updates['g']?.[0] ?? 0) / 1e-20).toBeCloseTo(1, 6);
  expect((updates['g']?.[1] ?? 0) / -1e-30).toBeCloseTo(1, 6);
});

test('the limit may be a schedule and may be assigned between steps', () => {
  const stepper = createStepper(softClip({ limit: (step) => step + 1 }), { g: new Float32Array(1) });
  const gradient = { g: Float32Array.of(1e6) };
  expect(stepper.update(gradient)['g']).toEqual(Float32Array.of(1));
  expect(stepper.update(gradient)['g']).toEqual(Float32Array.of(2));
  stepper.hyperparameters['softClip.limit'] = 7;
  expect(stepper.update(gradient)['g']).toEqual(Float32Array.of(7));
});

test.each([
  [{ limit: 0 }, /softClip: limit is 0; it must be a finite number above 0 or a schedule.*Write softClip\(/],
  [{ limit: { number: 'Infinity' } }, /limit is Infinity/],
  [{}, /limit is missing/],
  [{ Limit: 1 }, /Did you mean "limit"\?/],
  [{ clipvalue: 1 }, /a Keras name/],
])('%j is refused', (options, message) => {
  expect(() => transformFromJSON({ transform: 'softClip', options }, registry)).toThrow(message);
});

test('it comes back from JSON as it was', () => {
  const json = softClip({ limit: 2 }).toJSON();
  expect(transformFromJSON(json, registry).toJSON()).toEqual(json);
});

test('it is limit * tanh(x / limit), never above the limit, odd, and no larger than its entry', () => {
  const entry = fc.float({ min: -100, max: 100, noNaN: true });
  const limit = fc.double({ min: 0.01, max: 100, noNaN: true }).map(Math.fround);
  fc.assert(
    fc.property(entry, limit, (x, bound) => {
      const [up = Number.NaN, down = Number.NaN] =
        updateOnce(softClip({ limit: bound }), { g: [x, -x] }).updates['g'] ?? [];
      const wanted = bound * Math.tanh(x / bound);
      expect(Math.abs(up - wanted)).toBeLessThanOrEqual(1e-6 * Math.abs(wanted) + 1e-38);
      expect(Math.abs(up)).toBeLessThanOrEqual(bound);
      expect(down).toBe(-up);
      expect(Math.abs(up)).toBeLessThanOrEqual(Math.abs(x) * (1 + 1e-6) + 1e-38);
    }),
  );
});
