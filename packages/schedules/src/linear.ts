import { checkOptionNames } from '@gradkit/core';
import { checkNumber, finiteNumber, positiveSteps, steps } from './checkOption.ts';
import { defineSchedule } from './defineSchedule.ts';
import type { SerializableSchedule } from './defineSchedule.ts';
import { interpolate } from './interpolate.ts';
import { progress } from './progress.ts';
import { withRemedy } from './withRemedy.ts';

export interface LinearOptions {
  readonly initialValue: number;
  readonly finalValue: number;
  /** Steps from one value to the other. */
  readonly transitionSteps: number;
  /** Steps at `initialValue` before the transition begins, 0 by default. */
  readonly transitionBegin?: number;
}

/**
 * Goes from `initialValue` to `finalValue` in a straight line, `transitionSteps` long, and stays there.
 *
 * `initialValue + (finalValue - initialValue) * (step - transitionBegin) / transitionSteps`; exactly `initialValue` up to
 * `transitionBegin`, exactly `finalValue` from `transitionBegin + transitionSteps` on.
 *
 * @throws {InvalidOptionError} if a value is not finite or a number of steps not whole; `transitionSteps` is at least 1.
 * @see `optax.linear_schedule`
 * @example linear({ initialValue: 1, finalValue: 0, transitionSteps: 4 })(1) // 0.75
 */
export function linear(options: LinearOptions): SerializableSchedule {
  return withRemedy(
    { name: 'linear', options, example: { initialValue: 0.1, finalValue: 0, transitionSteps: 1000 } },
    makeLinear,
  );
}

function makeLinear(options: LinearOptions): SerializableSchedule {
  checkOptionNames('linear', options, ['initialValue', 'finalValue', 'transitionSteps', 'transitionBegin']);
  const { initialValue, finalValue, transitionSteps, transitionBegin = 0 } = options;
  checkNumber('linear', 'initialValue', initialValue, finiteNumber);
  checkNumber('linear', 'finalValue', finalValue, finiteNumber);
  checkNumber('linear', 'transitionSteps', transitionSteps, positiveSteps);
  checkNumber('linear', 'transitionBegin', transitionBegin, steps);
  return defineSchedule({
    name: 'linear',
    options,
    valueAt: (step) =>
      interpolate(initialValue, finalValue, progress(step, transitionBegin, transitionSteps)),
  });
}
