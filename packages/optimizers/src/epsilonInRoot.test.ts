import { expect, test } from 'vitest';
import { adagrad } from './adagrad.ts';
import { rmsprop } from './rmsprop.ts';
import { runUpdates } from './runSteps.ts';
import { scaleByRms } from './scaleByRms.ts';
import { scaleByRss } from './scaleByRss.ts';

test('with epsilonInRoot a gradient of 6 over the root of 0.75 * 36 + 9 is 1, and outside it is 6 over the root and 9', () => {
  const options = { decay: 0.25, epsilon: 9 };
  expect(runUpdates(scaleByRms({ ...options, epsilonInRoot: true }), [[6]])).toEqual([[1]]);
  expect(runUpdates(scaleByRms(options), [[6]])[0]?.[0]).toBeCloseTo(6 / (Math.sqrt(27) + 9), 6);
});

test('centered, the variance of a first gradient of 4 is 0.5 * 16 - 4, and 5 more have the root 3', () => {
  const transform = scaleByRms({ decay: 0.5, epsilon: 5, epsilonInRoot: true, centered: true });
  expect(runUpdates(transform, [[4]])[0]?.[0]).toBeCloseTo(4 / 3, 6);
});

test('a sum of squares of 16 and an epsilon of 9 have the root 5', () => {
  const transform = scaleByRss({ initialAccumulatorValue: 0, epsilon: 9, epsilonInRoot: true });
  expect(runUpdates(transform, [[4]])[0]?.[0]).toBeCloseTo(0.8, 6);
});

test('the optimizers hand it on, and write it as JSON', () => {
  for (const make of [rmsprop, adagrad]) {
    const inRoot = make({ learningRate: 1, epsilon: 1, epsilonInRoot: true });
    expect(inRoot.toJSON().options).toEqual({ learningRate: 1, epsilon: 1, epsilonInRoot: true });
    const outside = make({ learningRate: 1, epsilon: 1 });
    expect(runUpdates(inRoot, [[1]])).not.toEqual(runUpdates(outside, [[1]]));
  }
});
