import { expect, test } from 'vitest';
import { constant } from './constant.ts';
import { join } from './join.ts';
import { linear } from './linear.ts';

test('gives each schedule its own clock, from 0 at its boundary', () => {
  const schedule = join({ schedules: [(step) => step, (step) => 100 + step, () => 7], boundaries: [3, 5] });
  expect([0, 2, 3, 4, 5, 6].map(schedule)).toEqual([0, 2, 100, 101, 7, 7]);
});

test('repeats a decay: warm restarts', () => {
  const fall = linear({ initialValue: 1, finalValue: 0, transitionSteps: 2 });
  const schedule = join({ schedules: [fall, fall, fall], boundaries: [2, 4] });
  expect([0, 1, 2, 3, 4, 5, 6].map(schedule)).toEqual([1, 0.5, 1, 0.5, 1, 0.5, 0]);
});

test('refuses a number where a schedule belongs, and says how to write it', () => {
  // @ts-expect-error a number is not a schedule
  expect(() => join({ schedules: [constant({ value: 1 }), 0.1], boundaries: [3] })).toThrow(
    'schedules[1] must be a schedule (a function of the step), but it is 0.1. A number is constant({ value: 0.1 }). Write join(',
  );
});

test('refuses a boundary too many', () => {
  expect(() => join({ schedules: [constant({ value: 1 })], boundaries: [3] })).toThrow(
    'there are 1 schedules and 1 boundaries',
  );
});
