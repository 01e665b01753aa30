import { expect, test } from 'vitest';
import { linear } from './linear.ts';
import { polynomial } from './polynomial.ts';

test('falls as the square of the share that remains', () => {
  const schedule = polynomial({ initialValue: 1, finalValue: 0, power: 2, transitionSteps: 4 });
  expect([0, 1, 2, 3, 4, 5].map(schedule)).toEqual([1, 0.5625, 0.25, 0.0625, 0, 0]);
});

test('with power 1 is the straight line', () => {
  const ends = { initialValue: 3, finalValue: 1, transitionSteps: 8, transitionBegin: 2 };
  const steps = Array.from({ length: 12 }, (_, step) => step);
  expect(steps.map(polynomial({ ...ends, power: 1 }))).toEqual(steps.map(linear(ends)));
});

test('refuses a power that leaves the ends undefined', () => {
  const options = { initialValue: 1, finalValue: 0, transitionSteps: 4 };
  expect(() => polynomial({ ...options, power: 0 })).toThrow('power must be a finite number above 0');
  expect(() => polynomial({ ...options, power: -1 })).toThrow('power must be a finite number above 0');
});
