import { checkOptionNames, InvalidOptionError } from '@gradkit/core';
import { checkNumber, finiteNumber, positiveNumber, positiveSteps } from './checkOption.ts';
import { defineSchedule } from './defineSchedule.ts';
import type { SerializableSchedule } from './defineSchedule.ts';
import { cosineFraction, interpolate } from './interpolate.ts';
import { progress } from './progress.ts';
import { withRemedy } from './withRemedy.ts';

export interface CosineDecayOptions {
  readonly initialValue: number;
  /** Steps from `initialValue` to `finalValue`. */
  readonly decaySteps: number;
  /** 0 by default. Optax and Keras give it as `alpha`, a fraction of `initialValue`. */
  readonly finalValue?: number;
  /** The cosine is raised to this power, 1 by default; above 1 the value falls earlier. */
  readonly exponent?: number;
}

/**
 * Falls from `initialValue` to `finalValue` along half a cosine wave, flat at both ends, and stays there.
 *
 * `finalValue + (initialValue - finalValue) * ((1 + cos(pi * step / decaySteps)) / 2) ** exponent`; exact at both ends.
 *
 * @throws {InvalidOptionError} if a value is not finite, `exponent` not above 0 or `decaySteps` not a whole number from 1.
 * @see Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, equation 5; `optax.cosine_decay_schedule`
 * @example cosineDecay({ initialValue: 1, decaySteps: 100 })(50) // 0.5
 */
export function cosineDecay(options: CosineDecayOptions): SerializableSchedule {
  return withRemedy(
    { name: 'cosineDecay', options, example: { initialValue: 0.1, decaySteps: 1000 } },
    makeCosineDecay,
  );
}

function makeCosineDecay(options: CosineDecayOptions): SerializableSchedule {
  if (typeof options === 'object' && options !== null && 'alpha' in options) {
    throw new InvalidOptionError(
      `cosineDecay has no option "alpha" (Optax and Keras). Give the value itself: finalValue is alpha * initialValue.`,
    );
  }
  checkOptionNames('cosineDecay', options, ['initialValue', 'decaySteps', 'finalValue', 'exponent']);
  const { initialValue, decaySteps, finalValue = 0, exponent = 1 } = options;
  checkNumber('cosineDecay', 'initialValue', initialValue, finiteNumber);
  checkNumber('cosineDecay', 'decaySteps', decaySteps, positiveSteps);
  checkNumber('cosineDecay', 'finalValue', finalValue, finiteNumber);
  checkNumber('cosineDecay', 'exponent', exponent, positiveNumber);
  return defineSchedule({
    name: 'cosineDecay',
    options,
    valueAt: (step) => {
      const remaining = cosineFraction(1 - progress(step, 0, decaySteps));
      return interpolate(finalValue, initialValue, remaining ** exponent);
    },
  });
}
