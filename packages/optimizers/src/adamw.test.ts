import { expect, test } from 'vitest';
import { adam } from './adam.ts';
import { adamw } from './adamw.ts';
import { runSteps } from './runSteps.ts';

test('at gradients of 0 only the decay is left: p * (1 - learningRate * weightDecay)', () => {
  expect(runSteps(adamw({ learningRate: 0.5, weightDecay: 0.5 }), [[0], [0]], [16])).toEqual([[12], [9]]);
});

test('without decay it is Adam, to the bit', () => {
  const gradients = [
    [1, -2],
    [3, 0.5],
    [-1, 1],
  ];
  expect(runSteps(adamw({ learningRate: 0.1, weightDecay: 0 }), gradients, [1, 2])).toEqual(
    runSteps(adam({ learningRate: 0.1 }), gradients, [1, 2]),
  );
});

test('the default decay is 0.01', () => {
  expect(runSteps(adamw({ learningRate: 1 }), [[0]], [100])[0]?.[0]).toBeCloseTo(99, 4);
});
