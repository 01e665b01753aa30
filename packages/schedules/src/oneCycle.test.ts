import { expect, test } from 'vitest';
import { oneCycle } from './oneCycle.ts';

test('rises from peak / 25 to the peak at 30 % and falls to a ten-thousandth of its start', () => {
  const schedule = oneCycle({ peakValue: 1, transitionSteps: 100 });
  expect([0, 30, 100, 101].map(schedule)).toEqual([1 / 25, 1, 1 / 25 / 1e4, 1 / 25 / 1e4]);
  expect(schedule(15)).toBeCloseTo((1 + 1 / 25) / 2, 15);
  expect(schedule(65)).toBeCloseTo((1 + 1 / 25e4) / 2, 15);
});

test('takes other ends and another share of warm-up', () => {
  const schedule = oneCycle({
    peakValue: 4,
    transitionSteps: 10,
    warmupFraction: 0.5,
    initialValue: 2,
    finalValue: 1,
  });
  expect([0, 5, 10].map(schedule)).toEqual([2, 4, 1]);
});

test('refuses a cycle too short to rise and a fraction that leaves nothing', () => {
  expect(() => oneCycle({ peakValue: 1, transitionSteps: 3 })).toThrow(
    '3 transitionSteps with warmupFraction 0.3 leave no step to rise. Give at least 4 steps.',
  );
  expect(() => oneCycle({ peakValue: 1, transitionSteps: 10, warmupFraction: 1 })).toThrow('warmupFraction');
  expect(() => oneCycle({ peakValue: NaN, transitionSteps: 10 })).toThrow('peakValue');
});
