import { createStepper, createTransformRun, masked, MissingParamsError } from '@gradkit/core';
import { expect, test } from 'vitest';
import { addDecayedWeights } from './addDecayedWeights.ts';
import { runUpdates } from './runSteps.ts';

test('a gradient of 1 at a parameter of 4 and a decay of 0.5 becomes 3', () => {
  expect(runUpdates(addDecayedWeights({ weightDecay: 0.5 }), [[1]], [4])).toEqual([[3]]);
});

test('a pattern spares the biases', () => {
  const transform = masked(addDecayedWeights({ weightDecay: 0.5 }), { minRank: 2 });
  const stepper = createStepper(transform, {
    kernel: { values: Float32Array.of(4), shape: [1, 1] },
    bias: Float32Array.of(4),
  });
  const updates = stepper.update({ kernel: Float32Array.of(1), bias: Float32Array.of(1) });
  expect(updates).toEqual({ kernel: Float32Array.of(3), bias: Float32Array.of(1) });
});

test('where there are no parameters it says so', () => {
  const leaves = [{ name: 'w', shape: [1] }];
  expect(() =>
    createTransformRun(addDecayedWeights({ weightDecay: 1 }), leaves, { hasParams: false }),
  ).toThrow(MissingParamsError);
});
