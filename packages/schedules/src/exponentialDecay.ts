import { checkOptionNames, InvalidOptionError } from '@gradkit/core';
import {
  checkBoolean,
  checkNumber,
  finiteNumber,
  positiveNumber,
  positiveSteps,
  steps,
} from './checkOption.ts';
import { defineSchedule } from './defineSchedule.ts';
import type { SerializableSchedule } from './defineSchedule.ts';

export interface ExponentialDecayOptions {
  readonly initialValue: number;
  /** The factor for every `transitionSteps` steps; above 1 the value grows. */
  readonly decayRate: number;
  /** Steps in which the value is multiplied by `decayRate` once. */
  readonly transitionSteps: number;
  /** Steps at `initialValue` before the decay begins, 0 by default. */
  readonly transitionBegin?: number;
  /** Whether the value falls in steps, once every `transitionSteps`, instead of smoothly; false by default. */
  readonly staircase?: boolean;
  /** Where the decay stops; without it, it never does. */
  readonly finalValue?: number;
}

/**
 * Multiplies the value by `decayRate` every `transitionSteps` steps, smoothly or as a staircase, until it reaches
 * `finalValue` if there is one.
 *
 * `initialValue * decayRate ** ((step - transitionBegin) / transitionSteps)`, the exponent rounded down for a staircase.
 *
 * @throws {InvalidOptionError} if a value is not finite, `decayRate` not above 0, a number of steps not whole
 *   (`transitionSteps` is at least 1), or if the value moves away from `finalValue`.
 * @see `optax.exponential_decay`, which takes a `decay_rate` of 0 for no decay; Keras's `ExponentialDecay`
 * @example exponentialDecay({ initialValue: 1, decayRate: 0.5, transitionSteps: 10 })(20) // 0.25
 */
export function exponentialDecay(options: ExponentialDecayOptions): SerializableSchedule {
  checkOptionNames('exponentialDecay', options, [
    'initialValue',
    'decayRate',
    'transitionSteps',
    'transitionBegin',
    'staircase',
    'finalValue',
  ]);
  const {
    initialValue,
    decayRate,
    transitionSteps,
    transitionBegin = 0,
    staircase = false,
    finalValue,
  } = options;
  checkNumber('exponentialDecay', 'initialValue', initialValue, finiteNumber);
  checkNumber('exponentialDecay', 'decayRate', decayRate, positiveNumber);
  checkNumber('exponentialDecay', 'transitionSteps', transitionSteps, positiveSteps);
  checkNumber('exponentialDecay', 'transitionBegin', transitionBegin, steps);
  checkBoolean('exponentialDecay', 'staircase', staircase);
  const slope = initialValue * Math.log(decayRate);
  if (finalValue !== undefined) {
    checkNumber('exponentialDecay', 'finalValue', finalValue, finiteNumber);
    if (slope * (finalValue - initialValue) < 0) {
      throw new InvalidOptionError(
        `exponentialDecay: finalValue ${finalValue} is never reached from initialValue ${initialValue} with decayRate ` +
          `${decayRate}, which moves away from it. Swap the two values or invert the rate.`,
      );
    }
  }
  function stopAtFinalValue(value: number): number {
    if (finalValue === undefined || slope === 0) return value;
    return slope < 0 ? Math.max(value, finalValue) : Math.min(value, finalValue);
  }

  return defineSchedule({
    name: 'exponentialDecay',
    options,
    valueAt: (step) => {
      const transitions = Math.max(step - transitionBegin, 0) / transitionSteps;
      const exponent = staircase ? Math.floor(transitions) : transitions;
      return stopAtFinalValue(initialValue * decayRate ** exponent);
    },
  });
}
