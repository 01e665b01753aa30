import { checkOptionNames, InvalidOptionError } from '@gradkit/core';
import { checkNumber, finiteNumber, positiveSteps, properFraction } from './checkOption.ts';
import { defineSchedule } from './defineSchedule.ts';
import type { SerializableSchedule } from './defineSchedule.ts';
import type { OneCycleOptions } from './oneCycle.ts';
import { piecewiseInterpolate } from './piecewiseInterpolate.ts';
import { withRemedy } from './withRemedy.ts';

export interface LinearOneCycleOptions extends OneCycleOptions {
  /** The share of the cycle at its end that falls from `initialValue` to `finalValue`, 0.15 by default. */
  readonly cooldownFraction?: number;
}

/**
 * Rises from `initialValue` to `peakValue`, falls back to `initialValue` and cools down to `finalValue`, in three straight
 * lines, and stays there. The corners are at the steps `floor(warmupFraction * transitionSteps)`,
 * `floor((1 - cooldownFraction) * transitionSteps)` and `transitionSteps`; the values there are exact.
 *
 * @throws {InvalidOptionError} if a value is not finite, a fraction not between 0 and 1, `transitionSteps` not a whole
 *   number, or if one of the three lines has no step.
 * @see Smith and Topin 2017, https://arxiv.org/abs/1708.07120; `optax.linear_onecycle_schedule`, whose `pct_final` is
 *   `1 - cooldownFraction`
 * @example linearOneCycle({ peakValue: 1, transitionSteps: 100 })(85) // 0.04
 */
export function linearOneCycle(options: LinearOneCycleOptions): SerializableSchedule {
  return withRemedy(
    { name: 'linearOneCycle', options, example: { peakValue: 0.1, transitionSteps: 1000 } },
    makeLinearOneCycle,
  );
}

function makeLinearOneCycle(options: LinearOneCycleOptions): SerializableSchedule {
  checkOptionNames('linearOneCycle', options, [
    'peakValue',
    'transitionSteps',
    'warmupFraction',
    'cooldownFraction',
    'initialValue',
    'finalValue',
  ]);
  const { peakValue, transitionSteps, warmupFraction = 0.3, cooldownFraction = 0.15 } = options;
  checkNumber('linearOneCycle', 'peakValue', peakValue, finiteNumber);
  const { initialValue = peakValue / 25 } = options;
  checkNumber('linearOneCycle', 'initialValue', initialValue, finiteNumber);
  const { finalValue = initialValue / 1e4 } = options;
  checkNumber('linearOneCycle', 'transitionSteps', transitionSteps, positiveSteps);
  checkNumber('linearOneCycle', 'warmupFraction', warmupFraction, properFraction);
  checkNumber('linearOneCycle', 'cooldownFraction', cooldownFraction, properFraction);
  checkNumber('linearOneCycle', 'finalValue', finalValue, finiteNumber);
  const peakStep = Math.floor(warmupFraction * transitionSteps);
  const cooldownStep = Math.floor((1 - cooldownFraction) * transitionSteps);
  if (!(0 < peakStep && peakStep < cooldownStep && cooldownStep < transitionSteps)) {
    throw new InvalidOptionError(
      `linearOneCycle: ${transitionSteps} transitionSteps with warmupFraction ${warmupFraction} and cooldownFraction ` +
        `${cooldownFraction} put the peak at step ${peakStep} and the cool-down at step ${cooldownStep}, so that one of ` +
        `the three lines has no step. Give more steps, or fractions that add up to less than 1.`,
    );
  }
  const curve = piecewiseInterpolate({
    boundaries: [peakStep, cooldownStep, transitionSteps],
    values: [initialValue, peakValue, initialValue, finalValue],
  });
  return defineSchedule({
    name: 'linearOneCycle',
    options,
    valueAt: curve,
  });
}
