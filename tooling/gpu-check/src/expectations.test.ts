import { expect, test } from 'vitest';
import { expectationOf } from './expectations.ts';

const seen = (
  leaves: number,
  setUp: number,
  parameters = 1e6,
): Parameters<typeof expectationOf>[0][number] => ({
  setUp,
  step: 2,
  parameters,
  leaves,
});

test('of somebody who was never seen nothing is expected', () => {
  expect(expectationOf([], { parameters: 1e8, leaves: 10 })).toEqual({ setUp: 0, step: 0 });
});

test('ten times the parameters take ten times as long, and a tenth of them no less', () => {
  const before = [seen(10, 500)];
  expect(expectationOf(before, { parameters: 1e7, leaves: 10 })).toEqual({ setUp: 500, step: 20 });
  expect(expectationOf(before, { parameters: 1e5, leaves: 10 })).toEqual({ setUp: 500, step: 2 });
});

test('67 parameters take no less than 100,000, so that 1,000,000 take ten times as long', () => {
  expect(expectationOf([seen(4, 500, 67)], { parameters: 1e6, leaves: 4 }).step).toBe(20);
});

test('who took 1 s for 10 leaves and 5 s for 50 is expected to take 200 s for 2,000, who always took 1 s is not', () => {
  const size = { parameters: 1e6, leaves: 2000 };
  expect(expectationOf([seen(10, 1000), seen(50, 5000)], size).setUp).toBeCloseTo(200_000, 6);
  expect(expectationOf([seen(10, 1000), seen(50, 1000)], size).setUp).toBe(1000);
});
