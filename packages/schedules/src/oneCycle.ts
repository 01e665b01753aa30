import { checkOptionNames, InvalidOptionError } from '@gradkit/core';
import { checkNumber, finiteNumber, positiveSteps, properFraction } from './checkOption.ts';
import { defineSchedule } from './defineSchedule.ts';
import type { SerializableSchedule } from './defineSchedule.ts';
import { piecewiseInterpolate } from './piecewiseInterpolate.ts';
import { withRemedy } from './withRemedy.ts';

export interface OneCycleOptions {
  readonly peakValue: number;
  /** Steps of the whole cycle. */
  readonly transitionSteps: number;
  /** The share of the cycle that rises, 0.3 by default. */
  readonly warmupFraction?: number;
  /** The value at step 0, `peakValue / 25` by default. */
  readonly initialValue?: number;
  /** The value from step `transitionSteps` on, `initialValue / 10000` by default. */
  readonly finalValue?: number;
}

/**
 * Rises from `initialValue` to `peakValue` along half a cosine wave, then falls along another to `finalValue`, and stays
 * there. The peak is at step `floor(warmupFraction * transitionSteps)`; the three values are exact.
 *
 * @throws {InvalidOptionError} if a value is not finite, `warmupFraction` not between 0 and 1, `transitionSteps` not a
 *   whole number, or so small that no step is left to rise.
 * @see Smith and Topin 2017, https://arxiv.org/abs/1708.07120; `optax.cosine_onecycle_schedule`, which gives the ends as
 *   `div_factor` and `final_div_factor`. PyTorch's `OneCycleLR` has the peak and the end one step earlier.
 * @example oneCycle({ peakValue: 1, transitionSteps: 100 })(30) // 1
 */
export function oneCycle(options: OneCycleOptions): SerializableSchedule {
  return withRemedy(
    { name: 'oneCycle', options, example: { peakValue: 0.1, transitionSteps: 1000 } },
    makeOneCycle,
  );
}

function makeOneCycle(options: OneCycleOptions): SerializableSchedule {
  checkOptionNames('oneCycle', options, [
    'peakValue',
    'transitionSteps',
    'warmupFraction',
    'initialValue',
    'finalValue',
  ]);
  const { peakValue, transitionSteps, warmupFraction = 0.3 } = options;
  checkNumber('oneCycle', 'peakValue', peakValue, finiteNumber);
  const { initialValue = peakValue / 25 } = options;
  checkNumber('oneCycle', 'initialValue', initialValue, finiteNumber);
  const { finalValue = initialValue / 1e4 } = options;
  checkNumber('oneCycle', 'transitionSteps', transitionSteps, positiveSteps);
  checkNumber('oneCycle', 'warmupFraction', warmupFraction, properFraction);
  checkNumber('oneCycle', 'finalValue', finalValue, finiteNumber);
  const peakStep = Math.floor(warmupFraction * transitionSteps);
  if (peakStep < 1) {
    throw new InvalidOptionError(
      `oneCycle: ${transitionSteps} transitionSteps with warmupFraction ${warmupFraction} leave no step to rise. Give at ` +
        `least ${Math.ceil(1 / warmupFraction)} steps.`,
    );
  }
  const curve = piecewiseInterpolate({
    boundaries: [peakStep, transitionSteps],
    values: [initialValue, peakValue, finalValue],
    interpolation: 'cosine',
  });
  return defineSchedule({
    name: 'oneCycle',
    options,
    valueAt: curve,
  });
}
