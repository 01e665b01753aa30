import { checkOptionNames, InvalidOptionError, unknownNameMessage } from '@gradkit/core';
import { checkNumber, finiteNumber } from './checkOption.ts';
import { defineSchedule } from './defineSchedule.ts';
import type { SerializableSchedule } from './defineSchedule.ts';
import { cosineFraction, interpolate } from './interpolate.ts';
import { cutAtBoundaries, pieceAt } from './pieces.ts';
import { progress } from './progress.ts';
import { withRemedy } from './withRemedy.ts';

export interface PiecewiseInterpolateOptions {
  /** The steps at which a value is reached, rising, the first above 0. */
  readonly boundaries: readonly number[];
  /** The values themselves, one more than boundaries: at step 0, then at each boundary. */
  readonly values: readonly number[];
  /** A straight line between two values (the default), or half a cosine wave, flat at both of them. */
  readonly interpolation?: 'linear' | 'cosine';
}

/**
 * Goes through `values[0]` at step 0 and `values[k + 1]` at step `boundaries[k]`, interpolating between them, and stays
 * at the last. The values at the boundaries are exact.
 *
 * @throws {InvalidOptionError} if a value is not finite, if boundaries are not whole and rising from above 0, if there
 *   is not one value more than boundaries, or if `interpolation` is unknown.
 * @see `optax.piecewise_interpolate_schedule`, which takes factors
 * @example piecewiseInterpolate({ boundaries: [10, 20], values: [0, 1, 0.5] })(15) // 0.75
 */
export function piecewiseInterpolate(options: PiecewiseInterpolateOptions): SerializableSchedule {
  return withRemedy(
    { name: 'piecewiseInterpolate', options, example: { boundaries: [500], values: [0.1, 0.01] } },
    makePiecewiseInterpolate,
  );
}

function makePiecewiseInterpolate(options: PiecewiseInterpolateOptions): SerializableSchedule {
  checkOptionNames('piecewiseInterpolate', options, ['boundaries', 'values', 'interpolation']);
  const { boundaries, values, interpolation = 'linear' } = options;
  const pieces = cutAtBoundaries('piecewiseInterpolate', boundaries, 'values', values);
  for (const [index, value] of values.entries()) {
    checkNumber('piecewiseInterpolate', `values[${index}]`, value, finiteNumber);
  }
  if (interpolation !== 'linear' && interpolation !== 'cosine') {
    throw new InvalidOptionError(
      unknownNameMessage('piecewiseInterpolate has no interpolation', String(interpolation), [
        'linear',
        'cosine',
      ]),
    );
  }
  const ways = pieces.map(({ start, content: from }, index) => {
    const next = pieces[index + 1] ?? { start: start + 1, content: from };
    return { start, content: { from, to: next.content, length: next.start - start } };
  });
  return defineSchedule({
    name: 'piecewiseInterpolate',
    options,
    valueAt: (step) => {
      const { start, content: way } = pieceAt(ways, step);
      const fraction = progress(step, start, way.length);
      return interpolate(way.from, way.to, interpolation === 'linear' ? fraction : cosineFraction(fraction));
    },
  });
}
