import { checkOptionNames } from '@gradkit/core';
import type { Schedule } from '@gradkit/core';
import { checkNumber, checkSchedule, finiteNumber, steps } from './checkOption.ts';
import { constant } from './constant.ts';
import { defineSchedule } from './defineSchedule.ts';
import type { SerializableSchedule } from './defineSchedule.ts';
import { interpolate } from './interpolate.ts';
import { withRemedy } from './withRemedy.ts';

export interface WarmupOptions {
  /** Steps from `initialValue` to the first value of `schedule`; 0 leaves the warm-up out. */
  readonly warmupSteps: number;
  /** What follows; it counts its own steps from 0 at the end of the warm-up. */
  readonly schedule: Schedule;
  /** The value at step 0, 0 by default. */
  readonly initialValue?: number;
}

/**
 * Rises in a straight line from `initialValue` to the first value of `schedule`, then follows `schedule`.
 *
 * At step `warmupSteps` the value is exactly `schedule(0)`. With the default `initialValue` the very first step has
 * learning rate 0 and changes nothing, as in Optax; give `initialValue` to avoid that.
 *
 * @throws {InvalidOptionError} if `warmupSteps` is not a whole number from 0, `initialValue` is not finite or `schedule`
 *   is not a schedule.
 * @see Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 2.2; `optax.warmup_constant_schedule`,
 *   `optax.warmup_exponential_decay_schedule`
 * @example warmup({ warmupSteps: 10, schedule: constant({ value: 0.1 }) })(5) // 0.05
 */
export function warmup(options: WarmupOptions): SerializableSchedule {
  return withRemedy(
    { name: 'warmup', options, example: { warmupSteps: 100, schedule: constant({ value: 0.1 }) } },
    makeWarmup,
  );
}

function makeWarmup(options: WarmupOptions): SerializableSchedule {
  checkOptionNames('warmup', options, ['warmupSteps', 'schedule', 'initialValue']);
  const { warmupSteps, schedule, initialValue = 0 } = options;
  checkNumber('warmup', 'warmupSteps', warmupSteps, steps);
  checkNumber('warmup', 'initialValue', initialValue, finiteNumber);
  checkSchedule('warmup', 'schedule', schedule);
  return defineSchedule({
    name: 'warmup',
    options,
    valueAt: (step) =>
      step < warmupSteps
        ? interpolate(initialValue, schedule(0), step / warmupSteps)
        : schedule(step - warmupSteps),
  });
}
