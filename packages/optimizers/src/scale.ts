import {
  defineTransform,
  hyperparameter,
  mul,
  type EmptyState,
  type GradientTransform,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link scale}. */
export interface ScaleOptions {
  /** The factor, of any sign. */
  readonly factor: number | Schedule;
}

/**
 * Multiplies every entry by one factor.
 *
 * @throws {InvalidOptionError} if `factor` is NaN or infinite.
 * @example chain(scale({ factor: 1 / 1024 }), sgd({ learningRate: 0.1 })) // undo a loss scale
 */
export function scale(options: ScaleOptions): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name: 'scale',
    options,
    schema: { factor: hyperparameter({ example: 0.5 }) },
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { hyperparameters: { factor } }) => ({ updates: mul(updates, factor), state }),
  });
}
