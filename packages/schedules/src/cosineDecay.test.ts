import { expect, test } from 'vitest';
import { cosineDecay } from './cosineDecay.ts';

test('falls along half a cosine wave: 3/4 of the way up after a third of the time', () => {
  const schedule = cosineDecay({ initialValue: 1, decaySteps: 3 });
  expect(schedule(0)).toBe(1);
  expect(schedule(1)).toBeCloseTo(0.75, 15);
  expect(schedule(2)).toBeCloseTo(0.25, 15);
  expect(schedule(3)).toBe(0);
  expect(schedule(1000)).toBe(0);
});

test('ends exactly at finalValue', () => {
  const schedule = cosineDecay({ initialValue: 0.3, decaySteps: 10, finalValue: 0.1 });
  expect([schedule(0), schedule(10), schedule(11)]).toEqual([0.3, 0.1, 0.1]);
  expect(schedule(5)).toBeCloseTo(0.2, 15);
});

test('raises the cosine to the exponent', () => {
  expect(cosineDecay({ initialValue: 8, decaySteps: 2, exponent: 3 })(1)).toBeCloseTo(1, 14);
});

test('answers alpha, as Optax and Keras have it, with finalValue', () => {
  // @ts-expect-error the fraction is not an option
  expect(() => cosineDecay({ initialValue: 1, decaySteps: 10, alpha: 0.1 })).toThrow(
    'finalValue is alpha * initialValue',
  );
});

test('refuses no steps, a NaN and a negative exponent', () => {
  expect(() => cosineDecay({ initialValue: 1, decaySteps: 0 })).toThrow('decaySteps');
  expect(() => cosineDecay({ initialValue: NaN, decaySteps: 1 })).toThrow('initialValue');
  expect(() => cosineDecay({ initialValue: 1, decaySteps: 1, exponent: -1 })).toThrow('exponent');
  // @ts-expect-error options are an object
  expect(() => cosineDecay(1, 100)).toThrow('takes one object of options');
});
