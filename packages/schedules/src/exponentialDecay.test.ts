import { expect, test } from 'vitest';
import { exponentialDecay } from './exponentialDecay.ts';

test('halves every ten steps, smoothly', () => {
  const schedule = exponentialDecay({ initialValue: 8, decayRate: 0.5, transitionSteps: 10 });
  expect([0, 10, 20, 30].map(schedule)).toEqual([8, 4, 2, 1]);
  expect(schedule(5)).toBeCloseTo(8 * Math.SQRT1_2, 14);
});

test('halves every ten steps, as a staircase', () => {
  const schedule = exponentialDecay({
    initialValue: 8,
    decayRate: 0.5,
    transitionSteps: 10,
    staircase: true,
  });
  expect([0, 9, 10, 19, 20].map(schedule)).toEqual([8, 8, 4, 4, 2]);
});

test('waits for transitionBegin', () => {
  const schedule = exponentialDecay({
    initialValue: 8,
    decayRate: 0.5,
    transitionSteps: 1,
    transitionBegin: 2,
  });
  expect([0, 1, 2, 3, 4].map(schedule)).toEqual([8, 8, 8, 4, 2]);
});

test('stops at finalValue, falling and rising, also below zero', () => {
  const falling = exponentialDecay({ initialValue: 8, decayRate: 0.5, transitionSteps: 1, finalValue: 3 });
  expect([0, 1, 2, 3].map(falling)).toEqual([8, 4, 3, 3]);
  const rising = exponentialDecay({ initialValue: 1, decayRate: 2, transitionSteps: 1, finalValue: 5 });
  expect([0, 1, 2, 3].map(rising)).toEqual([1, 2, 4, 5]);
  const negative = exponentialDecay({ initialValue: -8, decayRate: 0.5, transitionSteps: 1, finalValue: -3 });
  expect([0, 1, 2, 3].map(negative)).toEqual([-8, -4, -3, -3]);
  const still = exponentialDecay({ initialValue: 8, decayRate: 0.5, transitionSteps: 1, finalValue: 8 });
  expect([0, 1].map(still)).toEqual([8, 8]);
});

test('a finalValue that it moves away from, or that is passed at once, holds from the start, as in Optax', () => {
  const at = (options: { decayRate: number; finalValue: number; staircase?: boolean }): number[] =>
    [0, 1, 5].map(exponentialDecay({ initialValue: 1, transitionSteps: 2, transitionBegin: 3, ...options }));
  expect(at({ decayRate: 1, finalValue: 0.1 })).toEqual([0.1, 0.1, 0.1]);
  expect(at({ decayRate: 1, finalValue: 2 })).toEqual([1, 1, 1]);
  expect(at({ decayRate: 0.5, finalValue: 2 })).toEqual([2, 2, 2]);
  expect(at({ decayRate: 2, finalValue: 0.1 })).toEqual([0.1, 0.1, 0.1]);
  expect(at({ decayRate: 2, finalValue: 0.1, staircase: true })).toEqual([0.1, 0.1, 0.1]);
  expect(exponentialDecay({ initialValue: 1, decayRate: 1, transitionSteps: 2, finalValue: 0.1 })(0)).toBe(
    0.1,
  );
});

test('refuses a rate of 0, which Optax takes for no decay, and a staircase that is not a boolean', () => {
  expect(() => exponentialDecay({ initialValue: 1, decayRate: 0, transitionSteps: 1 })).toThrow('decayRate');
  expect(() => exponentialDecay({ initialValue: 1, decayRate: -0.5, transitionSteps: 1 })).toThrow(
    'decayRate',
  );
  expect(() =>
    // @ts-expect-error the string "false" is truthy
    exponentialDecay({ initialValue: 1, decayRate: 0.5, transitionSteps: 1, staircase: 'false' }),
  ).toThrow('staircase must be true or false, but it is "false"');
});
