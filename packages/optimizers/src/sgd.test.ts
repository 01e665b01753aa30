import { expect, test } from 'vitest';
import { runSteps } from './runSteps.ts';
import { sgd } from './sgd.ts';

test('p - learningRate * g', () => {
  expect(runSteps(sgd({ learningRate: 0.5 }), [[2], [2]], [4])).toEqual([[3], [2]]);
});

test('weight decay is added to the gradient, before the momentum, as in PyTorch', () => {
  const options = { learningRate: 0.5, momentum: 0.5, weightDecay: 1 };
  expect(runSteps(sgd(options), [[0], [0]], [4])).toEqual([[2], [0]]);
});
