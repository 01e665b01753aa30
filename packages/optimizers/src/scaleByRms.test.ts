import { expect, test } from 'vitest';
import { runUpdates } from './runSteps.ts';
import { scaleByRms } from './scaleByRms.ts';

test('at decay 0.75 a first gradient of any size gives 2: there is no bias correction', () => {
  expect(runUpdates(scaleByRms({ decay: 0.75, epsilon: 0 }), [[3, -100]])).toEqual([[2, -2]]);
});

test('epsilon is outside the root: 2 / (1 + 1)', () => {
  expect(runUpdates(scaleByRms({ decay: 0.75, epsilon: 1 }), [[2]])).toEqual([[1]]);
});

test('centered it divides by the deviation: at decay 0.5 a first 2 has mean 1 and deviation 1', () => {
  expect(runUpdates(scaleByRms({ decay: 0.5, epsilon: 0, centered: true }), [[2]])).toEqual([[2]]);
});

test('zero gradients do not move', () => {
  expect(runUpdates(scaleByRms(), [[0]])).toEqual([[0]]);
  expect(runUpdates(scaleByRms({ centered: true }), [[0]])).toEqual([[0]]);
});

test('centered, a gradient that does not change is divided by epsilon, not by the root of what rounding left', () => {
  const updates = runUpdates(
    scaleByRms({ centered: true }),
    Array.from({ length: 300 }, () => [3.3]),
  );
  expect(updates.flat().every((value) => Number.isFinite(value))).toBe(true);
});
