import {
  defineTransform,
  div,
  hyperparameter,
  lessEqual,
  mul,
  norm,
  size,
  sqrt,
  where,
  type EmptyState,
  type GradientTransform,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link clipByBlockRms}. */
export interface ClipByBlockRmsOptions {
  /** The largest root mean square of one leaf that passes unchanged, in units of the gradient. */
  readonly threshold: number | Schedule;
}

/**
 * Scales each leaf by a factor of its own so that the root of the mean of its squares is at most `threshold`.
 *
 * Reports `rms` and `scale` for each leaf. Edges: up to the threshold the bits are untouched; a NaN spoils its leaf only; an infinite
 * entry becomes NaN and the finite ones of its leaf 0; an empty leaf stays empty.
 * @throws {InvalidOptionError} if `threshold` is not a number above 0 or a schedule.
 * @see Shazeer & Stern 2018, Adafactor, section 6, https://arxiv.org/abs/1804.04235; optax.clip_by_block_rms
 * @example clipByBlockRms({ threshold: 1 }) // a leaf (3, 4), whose rms is 3.54, becomes (0.849, 1.131)
 */
export function clipByBlockRms(options: ClipByBlockRmsOptions): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name: 'clipByBlockRms',
    options,
    schema: { threshold: hyperparameter({ above: 0, infinite: true }) },
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { hyperparameters: { threshold } }) => {
      const rms = div(norm(updates), sqrt(size(updates)));
      const isWithin = lessEqual(rms, threshold);
      const scale = where(isWithin, 1, div(threshold, rms));
      return { updates: where(isWithin, updates, mul(updates, scale)), state, report: { rms, scale } };
    },
  });
}
