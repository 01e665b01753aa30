import { checkOptionNames } from '@gradkit/core';
import { anyNumber, checkNumber } from './checkOption.ts';
import { defineSchedule } from './defineSchedule.ts';
import type { SerializableSchedule } from './defineSchedule.ts';
import { cutAtBoundaries, pieceAt } from './pieces.ts';
import { withRemedy } from './withRemedy.ts';

export interface PiecewiseConstantOptions {
  /** The steps at which the value changes, rising, the first above 0. */
  readonly boundaries: readonly number[];
  /** The values themselves, one more than boundaries; infinities are allowed (a threshold that does not clip yet). */
  readonly values: readonly number[];
}

/**
 * Holds `values[0]`, and from step `boundaries[k]` on `values[k + 1]`.
 *
 * @throws {InvalidOptionError} if a value is NaN, if boundaries are not whole and rising from above 0, or if there is
 *   not one value more than boundaries.
 * @see `optax.piecewise_constant_schedule`, which takes factors; Keras's `PiecewiseConstantDecay`, which changes one
 *   step later, after the boundary; PyTorch's `MultiStepLR`
 * @example piecewiseConstant({ boundaries: [100], values: [0.1, 0.01] })(100) // 0.01
 */
export function piecewiseConstant(options: PiecewiseConstantOptions): SerializableSchedule {
  return withRemedy(
    { name: 'piecewiseConstant', options, example: { boundaries: [500], values: [0.1, 0.01] } },
    makePiecewiseConstant,
  );
}

function makePiecewiseConstant(options: PiecewiseConstantOptions): SerializableSchedule {
  checkOptionNames('piecewiseConstant', options, ['boundaries', 'values']);
  const { boundaries, values } = options;
  const pieces = cutAtBoundaries('piecewiseConstant', boundaries, 'values', values);
  for (const [index, value] of values.entries()) {
    checkNumber('piecewiseConstant', `values[${index}]`, value, anyNumber);
  }
  return defineSchedule({
    name: 'piecewiseConstant',
    options,
    valueAt: (step) => pieceAt(pieces, step).content,
  });
}
