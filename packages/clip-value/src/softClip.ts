import {
  defineTransform,
  div,
  hyperparameter,
  mul,
  tanh,
  type EmptyState,
  type GradientTransform,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link softClip}. */
export interface SoftClipOptions {
  /** The bound that entries come near and do not pass, in units of the gradient. */
  readonly limit: number | Schedule;
}

/**
 * Bends every entry smoothly towards the bounds: limit * tanh(x / limit). Small entries hardly change, large ones come to the limit.
 *
 * Edges: NaN stays NaN, -0 stays -0, an infinity becomes the limit.
 * @throws {InvalidOptionError} if `limit` is not a finite number above 0 or a schedule.
 * @example softClip({ limit: 1 }) // (0.1, 10) becomes (0.0997, 1)
 */
export function softClip(options: SoftClipOptions): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name: 'softClip',
    options,
    schema: { limit: hyperparameter({ above: 0 }) },
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { hyperparameters: { limit } }) => ({
      updates: mul(limit, tanh(div(updates, limit))),
      state,
    }),
  });
}
