import { checkOptionNames } from '@gradkit/core';
import { checkNumber, finiteNumber, positiveNumber, positiveSteps, steps } from './checkOption.ts';
import { defineSchedule } from './defineSchedule.ts';
import type { SerializableSchedule } from './defineSchedule.ts';
import { interpolate } from './interpolate.ts';
import { progress } from './progress.ts';
import { withRemedy } from './withRemedy.ts';

export interface PolynomialOptions {
  readonly initialValue: number;
  readonly finalValue: number;
  /** 1 is a straight line; above 1 the change comes early, below 1 late. */
  readonly power: number;
  /** Steps from one value to the other. */
  readonly transitionSteps: number;
  /** Steps at `initialValue` before the transition begins, 0 by default. */
  readonly transitionBegin?: number;
}

/**
 * Goes from `initialValue` to `finalValue` as a power of the share that remains, and stays there.
 *
 * `finalValue + (initialValue - finalValue) * (1 - (step - transitionBegin) / transitionSteps) ** power`; exact at both
 * ends.
 *
 * @throws {InvalidOptionError} if a value is not finite, `power` not above 0 or a number of steps not whole;
 *   `transitionSteps` is at least 1.
 * @see `optax.polynomial_schedule`; Keras's `PolynomialDecay` without `cycle`
 * @example polynomial({ initialValue: 1, finalValue: 0, power: 2, transitionSteps: 4 })(2) // 0.25
 */
export function polynomial(options: PolynomialOptions): SerializableSchedule {
  return withRemedy(
    {
      name: 'polynomial',
      options,
      example: { initialValue: 0.1, finalValue: 0, power: 2, transitionSteps: 1000 },
    },
    makePolynomial,
  );
}

function makePolynomial(options: PolynomialOptions): SerializableSchedule {
  checkOptionNames('polynomial', options, [
    'initialValue',
    'finalValue',
    'power',
    'transitionSteps',
    'transitionBegin',
  ]);
  const { initialValue, finalValue, power, transitionSteps, transitionBegin = 0 } = options;
  checkNumber('polynomial', 'initialValue', initialValue, finiteNumber);
  checkNumber('polynomial', 'finalValue', finalValue, finiteNumber);
  checkNumber('polynomial', 'power', power, positiveNumber);
  checkNumber('polynomial', 'transitionSteps', transitionSteps, positiveSteps);
  checkNumber('polynomial', 'transitionBegin', transitionBegin, steps);
  return defineSchedule({
    name: 'polynomial',
    options,
    valueAt: (step) => {
      const remaining = 1 - progress(step, transitionBegin, transitionSteps);
      return interpolate(finalValue, initialValue, remaining ** power);
    },
  });
}
