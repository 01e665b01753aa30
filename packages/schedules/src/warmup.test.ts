import { expect, test } from 'vitest';
import { constant } from './constant.ts';
import { exponentialDecay } from './exponentialDecay.ts';
import { warmup } from './warmup.ts';

test('rises from 0 to the schedule in a straight line', () => {
  const schedule = warmup({ warmupSteps: 4, schedule: constant({ value: 8 }) });
  expect([0, 1, 2, 3, 4, 5].map(schedule)).toEqual([0, 2, 4, 6, 8, 8]);
});

test('starts the schedule after the warm-up, from its step 0', () => {
  const halving = exponentialDecay({ initialValue: 8, decayRate: 0.5, transitionSteps: 1 });
  const schedule = warmup({ warmupSteps: 2, initialValue: 4, schedule: halving });
  expect([0, 1, 2, 3, 4].map(schedule)).toEqual([4, 6, 8, 4, 2]);
});

test('of no steps is the schedule itself', () => {
  expect(warmup({ warmupSteps: 0, schedule: (step) => step + 1 })(0)).toBe(1);
});

test('refuses a number as schedule and a fraction of a step', () => {
  // @ts-expect-error a number is not a schedule
  expect(() => warmup({ warmupSteps: 1, schedule: 0.1 })).toThrow(
    'A number is constant({ value: 0.1 }). Write warmup({ warmupSteps: 1, schedule: constant(',
  );
  expect(() => warmup({ warmupSteps: 0.1, schedule: constant({ value: 1 }) })).toThrow('warmupSteps');
});
