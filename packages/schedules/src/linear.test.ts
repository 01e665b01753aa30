import { InvalidOptionError } from '@gradkit/core';
import { expect, test } from 'vitest';
import { linear } from './linear.ts';

test('goes from 1 to 0 in four steps and stays', () => {
  const schedule = linear({ initialValue: 1, finalValue: 0, transitionSteps: 4 });
  expect([0, 1, 2, 3, 4, 5, 400].map(schedule)).toEqual([1, 0.75, 0.5, 0.25, 0, 0, 0]);
});

test('waits for transitionBegin', () => {
  const schedule = linear({ initialValue: 0, finalValue: 8, transitionSteps: 2, transitionBegin: 3 });
  expect([0, 3, 4, 5, 6].map(schedule)).toEqual([0, 0, 4, 8, 8]);
});

test('has a value between two steps', () => {
  expect(linear({ initialValue: 0, finalValue: 1, transitionSteps: 2 })(0.5)).toBe(0.25);
});

test('reaches both ends exactly where rounding would miss them', () => {
  expect(0.2 + (0.9 - 0.2)).not.toBe(0.9);
  const schedule = linear({ initialValue: 0.2, finalValue: 0.9, transitionSteps: 3 });
  expect([schedule(0), schedule(3)]).toEqual([0.2, 0.9]);
});

test('refuses values that are not finite and steps that are not whole', () => {
  const options = { initialValue: 1, finalValue: 0, transitionSteps: 4 };
  expect(() => linear({ ...options, initialValue: NaN })).toThrow(InvalidOptionError);
  expect(() => linear({ ...options, finalValue: -Infinity })).toThrow('finalValue must be a finite number');
  expect(() => linear({ ...options, transitionSteps: 0 })).toThrow('a whole number of steps, at least 1');
  expect(() => linear({ ...options, transitionSteps: 2.5 })).toThrow('but it is 2.5');
  expect(() => linear({ ...options, transitionBegin: -1 })).toThrow('a whole number of steps, at least 0');
});

test('names the nearest option when one is unknown', () => {
  // @ts-expect-error the option is called transitionSteps
  expect(() => linear({ initialValue: 1, finalValue: 0, transitionStep: 4 })).toThrow(
    'Did you mean "transitionSteps"?',
  );
});
