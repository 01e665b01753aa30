import { createStepper, type AnyTransform } from '@gradkit/core';
import { describe, expect, test } from 'vitest';
import { adagrad } from './adagrad.ts';
import { adam } from './adam.ts';
import { adamw } from './adamw.ts';
import { rmsprop } from './rmsprop.ts';

/** The parameter, 1 at first, after one gradient of `spike` and after `count` gradients of 1 that follow it. */
function afterSpike(transform: AnyTransform, spike: number, count: number): readonly [number, number] {
  const stepper = createStepper(transform, { w: Float32Array.of(1) });
  stepper.step({ w: Float32Array.of(spike) });
  const after = stepper.params()['w']?.[0] ?? NaN;
  const one = Float32Array.of(1);
  for (let step = 0; step < count; step++) stepper.step({ w: one });
  return [after, stepper.params()['w']?.[0] ?? NaN];
}

describe('one finite gradient that is far too large', () => {
  test('Adam moves by the learning rate and goes on: 0.9 after 1e20, and 0.39945 after 20,000 gradients of 1, as in PyTorch', () => {
    const [after, end] = afterSpike(adam({ learningRate: 0.1 }), 1e20, 20_000);
    expect(after).toBeCloseTo(0.9, 6);
    expect(end).toBeCloseTo(0.39945, 5);
  });

  // The largest powers at which PyTorch's own second moment is finite: (1 - decay) * g * g is below 3.4e38.
  test.each([
    ['adam', adam({ learningRate: 0.1 }), 5e20, 0.9],
    ['adamw', adamw({ learningRate: 0.1, weightDecay: 0 }), 5e20, 0.9],
    ['rmsprop of decay 0.9', rmsprop({ learningRate: 0.1 }), 5e19, 1 - 0.1 / Math.sqrt(0.1)],
    ['rmsprop of decay 0.99', rmsprop({ learningRate: 0.1, decay: 0.99 }), 1e20, 1 - 0.1 / Math.sqrt(0.01)],
    ['rmsprop, centered', rmsprop({ learningRate: 0.1, centered: true }), 5e19, 1 - 0.1 / Math.sqrt(0.09)],
    ['adagrad', adagrad({ learningRate: 0.1 }), 1.8e19, 0.9],
  ])(
    '%s takes a step of its own size at the largest gradient that PyTorch takes one at',
    (_, transform, spike, wanted) => {
      const [after] = afterSpike(transform, spike, 0);
      expect(after).toBeCloseTo(wanted, 5);
    },
  );
});
