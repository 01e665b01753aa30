import { expect, test } from 'vitest';
import { runUpdates } from './runSteps.ts';
import { scaleByRss } from './scaleByRss.ts';

test('from sums of 0 the gradients 3 and 4 give 3 / 3 and 4 / 5', () => {
  const options = { initialAccumulatorValue: 0, epsilon: 0 };
  expect(runUpdates(scaleByRss(options), [[3], [4]])).toEqual([[1], [Math.fround(0.8)]]);
});

test('the sums start from initialAccumulatorValue: 3 / root of (16 + 9)', () => {
  expect(runUpdates(scaleByRss({ initialAccumulatorValue: 16, epsilon: 0 }), [[3]])).toEqual([
    [Math.fround(0.6)],
  ]);
});

test('epsilon is outside the root: 3 / (3 + 3)', () => {
  expect(runUpdates(scaleByRss({ initialAccumulatorValue: 0, epsilon: 3 }), [[3]])).toEqual([[0.5]]);
});
