import {
  createStepper,
  createTransformRun,
  masked,
  MissingParamsError,
  transformFromJSON,
} from '@gradkit/core';
import { describe, expect, test } from 'vitest';
import { adaptiveGradientClip } from './adaptiveGradientClip.ts';
import { updateOnce } from './updateOnce.ts';

const registry = { transforms: { adaptiveGradientClip } };

test('a vector is one unit: with parameters (6, 8) and clipping 0.25, (3, 4) becomes (1.5, 2)', () => {
  const { updates } = updateOnce(
    adaptiveGradientClip({ clipping: 0.25 }),
    { g: [3, 4] },
    { params: { g: [6, 8] } },
  );
  expect(updates['g']).toEqual([1.5, 2]);
});

test('each column of a matrix, one output of a dense layer, is a unit', () => {
  const { updates } = updateOnce(
    adaptiveGradientClip({ clipping: 0.5 }),
    { kernel: [3, 3, 4, 4] },
    { params: { kernel: [3, 6, 4, 8] }, shapes: { kernel: [2, 2] } },
  );
  expect(updates['kernel']).toEqual([1.5, 3, 2, 4]);
});

test('each output channel of a convolution is a unit', () => {
  const { updates } = updateOnce(
    adaptiveGradientClip({ clipping: 1 }),
    { kernel: [3, 3, 4, 4] },
    { params: { kernel: [1.5, 3, 2, 4] }, shapes: { kernel: [1, 2, 1, 2] } },
  );
  expect(updates['kernel']).toEqual([1.5, 3, 2, 4]);
});

test('a matrix of one row is one unit, as its bias is', () => {
  const { updates } = updateOnce(
    adaptiveGradientClip({ clipping: 0.5 }),
    { kernel: [3, 4] },
    { params: { kernel: [3, 4] }, shapes: { kernel: [1, 2] } },
  );
  expect(updates['kernel']).toEqual([1.5, 2]);
});

describe('edges', () => {
  test('parameters of zero count as epsilon, so that they can move', () => {
    const small = updateOnce(adaptiveGradientClip({ clipping: 1 }), { g: [3, 4] }).updates['g'] ?? [];
    expect(small[0]).toBeCloseTo(0.0006, 9);
    const large = updateOnce(adaptiveGradientClip({ clipping: 1, epsilon: 2.5 }), { g: [3, 4] });
    expect(large.updates['g']).toEqual([1.5, 2]);
  });

  test('at exactly the bound the bits are untouched, and zeros stay', () => {
    const clip = adaptiveGradientClip({ clipping: 0.5 });
    expect(updateOnce(clip, { g: [3, 4] }, { params: { g: [6, 8] } }).updates['g']).toEqual([3, 4]);
    expect(updateOnce(clip, { g: [0, -0] }).updates['g']).toEqual([0, -0]);
  });

  test('a NaN spoils its unit only', () => {
    const { updates } = updateOnce(
      adaptiveGradientClip({ clipping: 1 }),
      { kernel: [Number.NaN, 1, 1, 1] },
      { params: { kernel: [9, 9, 9, 9] }, shapes: { kernel: [2, 2] } },
    );
    expect(updates['kernel']).toEqual([Number.NaN, 1, Number.NaN, 1]);
  });

  test('masked leaves the last layer out, as the paper does', () => {
    const clip = masked(adaptiveGradientClip({ clipping: 0.5 }), { not: { name: 'head*' } });
    const params = { body: [3, 4], head: [3, 4] };
    expect(updateOnce(clip, { body: [3, 4], head: [3, 4] }, { params }).updates).toEqual({
      body: [1.5, 2],
      head: [3, 4],
    });
  });
});

test('where there are no parameters it says so', () => {
  const leaves = [{ name: 'g', shape: [2] }];
  expect(() =>
    createTransformRun(adaptiveGradientClip({ clipping: 1 }), leaves, { hasParams: false }),
  ).toThrow(MissingParamsError);
});

test('clipping may be a schedule and may be assigned between steps', () => {
  const stepper = createStepper(adaptiveGradientClip({ clipping: () => 0.5 }), { g: Float32Array.of(3, 4) });
  expect(stepper.update({ g: Float32Array.of(3, 4) })['g']).toEqual(Float32Array.of(1.5, 2));
  stepper.hyperparameters['adaptiveGradientClip.clipping'] = 1;
  expect(stepper.update({ g: Float32Array.of(3, 4) })['g']).toEqual(Float32Array.of(3, 4));
});

test.each([
  [
    { clipping: 0 },
    /adaptiveGradientClip: clipping is 0; .* Write adaptiveGradientClip\(\{ clipping: 0.01 \}\)/,
  ],
  [{ clipping: 1, epsilon: 0 }, /epsilon is 0; it must be a finite number above 0.*epsilon: 0\.001/],
  [{ cliping: 1 }, /Did you mean "clipping"\?/],
])('%j is refused', (options, message) => {
  expect(() => transformFromJSON({ transform: 'adaptiveGradientClip', options }, registry)).toThrow(message);
});

test('it comes back from JSON as it was', () => {
  const json = adaptiveGradientClip({ clipping: 0.01, epsilon: 1e-2 }).toJSON();
  expect(transformFromJSON(json, registry).toJSON()).toEqual(json);
});
