import { expect, test } from 'vitest';
import { createHistory } from './history.ts';

test('a million steps take no more room than a few', () => {
  const history = createHistory({ capacity: 100, recentCapacity: 10 });
  for (let step = 0; step < 1e6; step++) history.push({ step, chain: { loss: 1, norm: 2 } });
  expect(history.steps.length).toBeLessThanOrEqual(100);
  expect(history.steps.length).toBeGreaterThan(30);
  expect(history.loss.chain).toHaveLength(history.steps.length);
  expect(history.recent).toHaveLength(10);
  expect(history.stepsTaken).toBe(1e6);
});

test('thinned curves still span all steps, evenly', () => {
  const history = createHistory({ capacity: 8 });
  for (let step = 0; step < 32; step++) history.push({ step, raw: { loss: step + 1, norm: 1 } });
  expect(history.steps).toEqual([0, 4, 8, 12, 16, 20, 24, 28]);
  expect(history.loss.raw).toEqual([1, 5, 9, 13, 17, 21, 25, 29]);
});

test('what cannot be drawn leaves a gap, and the last finite step is remembered', () => {
  const history = createHistory();
  history.push({ step: 0, raw: { loss: 2, norm: 3 } });
  history.push({ step: 1, raw: { loss: Infinity, norm: NaN } });
  history.push({ step: 2 });
  expect(history.loss.raw).toEqual([2, null, null]);
  expect(history.norm.raw).toEqual([3, null, null]);
  expect(history.last.raw).toEqual({ step: 0, loss: 2, norm: 3 });
});
