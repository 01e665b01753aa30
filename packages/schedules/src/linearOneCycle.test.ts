import { expect, test } from 'vitest';
import { linearOneCycle } from './linearOneCycle.ts';

test('has three lines: up at 30 %, back at 85 %, cooled down at the end', () => {
  const schedule = linearOneCycle({ peakValue: 25, transitionSteps: 100 });
  expect([0, 30, 85, 100, 101].map(schedule)).toEqual([1, 25, 1, 1e-4, 1e-4]);
  expect(schedule(15)).toBeCloseTo(13, 14);
  expect(schedule(85 + 7.5)).toBeCloseTo((1 + 1e-4) / 2, 14);
});

test('refuses fractions that leave a line without a step', () => {
  expect(() =>
    linearOneCycle({ peakValue: 1, transitionSteps: 10, warmupFraction: 0.6, cooldownFraction: 0.5 }),
  ).toThrow('put the peak at step 6 and the cool-down at step 5');
  expect(() => linearOneCycle({ peakValue: 1, transitionSteps: 2 })).toThrow('one of the three lines');
});
