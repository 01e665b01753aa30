import { checkOptionNames } from '@gradkit/core';
import { anyNumber, checkNumber } from './checkOption.ts';
import { defineSchedule } from './defineSchedule.ts';
import type { SerializableSchedule } from './defineSchedule.ts';
import { withRemedy } from './withRemedy.ts';

export interface ConstantOptions {
  /** The value at every step; an infinity is allowed (a threshold that never clips), NaN is not. */
  readonly value: number;
}

/**
 * Stays at `value`.
 *
 * @throws {InvalidOptionError} if `value` is not a number.
 * @see `optax.constant_schedule`
 * @example constant({ value: 0.1 })(1000) // 0.1
 */
export function constant(options: ConstantOptions): SerializableSchedule {
  return withRemedy({ name: 'constant', options, example: { value: 0.1 } }, makeConstant);
}

function makeConstant(options: ConstantOptions): SerializableSchedule {
  checkOptionNames('constant', options, ['value']);
  const { value } = options;
  checkNumber('constant', 'value', value, anyNumber);
  return defineSchedule({
    name: 'constant',
    options,
    valueAt: () => value,
  });
}
