import { checkOptionNames, InvalidOptionError, toCode } from '@gradkit/core';
import { checkNumber, finiteNumber, positiveNumber, positiveSteps, steps } from './checkOption.ts';
import { cosineDecay } from './cosineDecay.ts';
import { defineSchedule } from './defineSchedule.ts';
import type { SerializableSchedule } from './defineSchedule.ts';
import { warmup } from './warmup.ts';
import { withRemedy } from './withRemedy.ts';

export interface WarmupCosineDecayOptions {
  readonly peakValue: number;
  /** Steps from `initialValue` to `peakValue`; 0 leaves the warm-up out. */
  readonly warmupSteps: number;
  /** Steps of the whole schedule, the warm-up included. */
  readonly decaySteps: number;
  /** The value at step 0, 0 by default. */
  readonly initialValue?: number;
  /** The value from step `decaySteps` on, 0 by default. */
  readonly finalValue?: number;
  /** The cosine is raised to this power, 1 by default. */
  readonly exponent?: number;
}

/**
 * Rises in a straight line from `initialValue` to `peakValue` in `warmupSteps`, then falls to `finalValue` along half a
 * cosine wave that ends at step `decaySteps`, and stays there. The three values are exact.
 *
 * @throws {InvalidOptionError} if a value is not finite, `exponent` not above 0, a number of steps not whole, or
 *   `decaySteps` not above `warmupSteps`, which it includes.
 * @see `optax.warmup_cosine_decay_schedule`; Keras's `CosineDecay(warmup_target)` counts `decay_steps` without the warm-up
 * @example warmupCosineDecay({ peakValue: 1, warmupSteps: 10, decaySteps: 110 })(60) // 0.5
 */
export function warmupCosineDecay(options: WarmupCosineDecayOptions): SerializableSchedule {
  return withRemedy(
    { name: 'warmupCosineDecay', options, example: { peakValue: 0.1, warmupSteps: 100, decaySteps: 1000 } },
    makeWarmupCosineDecay,
  );
}

function makeWarmupCosineDecay(options: WarmupCosineDecayOptions): SerializableSchedule {
  checkOptionNames('warmupCosineDecay', options, [
    'peakValue',
    'warmupSteps',
    'decaySteps',
    'initialValue',
    'finalValue',
    'exponent',
  ]);
  const { peakValue, warmupSteps, decaySteps, initialValue = 0, finalValue = 0, exponent = 1 } = options;
  checkNumber('warmupCosineDecay', 'peakValue', peakValue, finiteNumber);
  checkNumber('warmupCosineDecay', 'warmupSteps', warmupSteps, steps);
  checkNumber('warmupCosineDecay', 'decaySteps', decaySteps, positiveSteps);
  checkNumber('warmupCosineDecay', 'initialValue', initialValue, finiteNumber);
  checkNumber('warmupCosineDecay', 'finalValue', finalValue, finiteNumber);
  checkNumber('warmupCosineDecay', 'exponent', exponent, positiveNumber);
  if (decaySteps <= warmupSteps) {
    const remedy = `warmupCosineDecay(${toCode({ ...options, decaySteps: warmupSteps + decaySteps })})`;
    throw new InvalidOptionError(
      `warmupCosineDecay: decaySteps counts the whole schedule, the warm-up included, so ${decaySteps} must be above ` +
        `warmupSteps ${warmupSteps}. Did you mean decaySteps: ${warmupSteps + decaySteps}? Write ${remedy}.`,
      { remedy },
    );
  }
  const curve = warmup({
    warmupSteps,
    initialValue,
    schedule: cosineDecay({
      initialValue: peakValue,
      decaySteps: decaySteps - warmupSteps,
      finalValue,
      exponent,
    }),
  });
  return defineSchedule({
    name: 'warmupCosineDecay',
    options,
    valueAt: curve,
  });
}
