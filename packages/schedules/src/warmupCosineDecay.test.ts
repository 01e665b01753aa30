import { expect, test } from 'vitest';
import { cosineDecay } from './cosineDecay.ts';
import { warmupCosineDecay } from './warmupCosineDecay.ts';

test('counts the warm-up into decaySteps', () => {
  const schedule = warmupCosineDecay({ peakValue: 1, warmupSteps: 2, decaySteps: 6, finalValue: 0.1 });
  expect([0, 1, 2].map(schedule)).toEqual([0, 0.5, 1]);
  expect(schedule(4)).toBeCloseTo(0.55, 15);
  expect([6, 7].map(schedule)).toEqual([0.1, 0.1]);
});

test('without warm-up is the cosine decay', () => {
  const steps = Array.from({ length: 9 }, (_, step) => step);
  expect(
    steps.map(warmupCosineDecay({ peakValue: 2, warmupSteps: 0, decaySteps: 7, exponent: 1.5 })),
  ).toEqual(steps.map(cosineDecay({ initialValue: 2, decaySteps: 7, exponent: 1.5 })));
});

test('refuses a decay that ends within the warm-up, and says what decaySteps counts', () => {
  expect(() => warmupCosineDecay({ peakValue: 1, warmupSteps: 10, decaySteps: 10 })).toThrow(
    'decaySteps counts the whole schedule, the warm-up included, so 10 must be above warmupSteps 10. Did you mean decaySteps: 20?',
  );
});
