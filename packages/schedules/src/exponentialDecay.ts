import { checkOptionNames } from '@gradkit/core';
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
import { withRemedy } from './withRemedy.ts';

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
  /** The least value of a decay, the largest of a growth; without it, there is none. */
  readonly finalValue?: number;
}

/**
 * Multiplies the value by `decayRate` every `transitionSteps` steps, smoothly or as a staircase, until it reaches
 * `finalValue` if there is one.
 *
 * `initialValue * decayRate ** ((step - transitionBegin) / transitionSteps)`, the exponent rounded down for a staircase. `finalValue` is a lower bound
 * where `decayRate` is below 1 and an upper bound from 1 on (the other way round for an `initialValue` below 0), before `transitionBegin` too: a
 * value that moves away from it, or is beyond it at once, is `finalValue` from the start.
 *
 * @throws {InvalidOptionError} if a value is not finite, `decayRate` not above 0 or a number of steps not whole (`transitionSteps` is at
 *   least 1).
 * @see `optax.exponential_decay`, which has the same bounds from an `initialValue` of 0 or more, and takes a `decay_rate` of 0 for no decay; Keras's `ExponentialDecay`
 * @example exponentialDecay({ initialValue: 1, decayRate: 0.5, transitionSteps: 10 })(20) // 0.25
 */
export function exponentialDecay(options: ExponentialDecayOptions): SerializableSchedule {
  return withRemedy(
    {
      name: 'exponentialDecay',
      options,
      example: { initialValue: 0.1, decayRate: 0.9, transitionSteps: 1000 },
    },
    makeExponentialDecay,
  );
}

function makeExponentialDecay(options: ExponentialDecayOptions): SerializableSchedule {
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
  if (finalValue !== undefined) checkNumber('exponentialDecay', 'finalValue', finalValue, finiteNumber);
  const falls = initialValue < 0 ? decayRate >= 1 : decayRate < 1;
  function stopAtFinalValue(value: number): number {
    if (finalValue === undefined) return value;
    return falls ? Math.max(value, finalValue) : Math.min(value, finalValue);
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
