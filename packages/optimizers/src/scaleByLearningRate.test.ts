import { expect, test } from 'vitest';
import { runUpdates } from './runSteps.ts';
import { scaleByLearningRate } from './scaleByLearningRate.ts';

test('it turns gradients into what is added: a gradient of 4 at 0.5 becomes -2', () => {
  expect(runUpdates(scaleByLearningRate({ learningRate: 0.5 }), [[4, -2]])).toEqual([[-2, 1]]);
  expect(scaleByLearningRate({ learningRate: 0.5 }).yields).toBe('updates');
});

test('a learning rate of infinity is refused', () => {
  expect(() => scaleByLearningRate({ learningRate: Infinity })).toThrow(/learningRate is Infinity/);
});
