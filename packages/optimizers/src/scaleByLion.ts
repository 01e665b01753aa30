import {
  add,
  defineTransform,
  hyperparameter,
  mul,
  sign,
  sub,
  zerosLike,
  type GradientTransform,
  type Leaf,
  type Option,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link scaleByLion}. */
export interface ScaleByLionOptions {
  /** How much of the momentum is in the step. Default 0.9. */
  readonly beta1?: number | Schedule;
  /** The decay of the momentum. Default 0.99. */
  readonly beta2?: number | Schedule;
}

/** What those options must be. */
export const scaleByLionSchema: Readonly<Record<'beta1' | 'beta2', Option<number, true>>> = {
  beta1: hyperparameter({ atLeast: 0, below: 1, fallback: 0.9 }),
  beta2: hyperparameter({ atLeast: 0, below: 1, fallback: 0.99 }),
};

/** The state of {@link scaleByLion}. */
export interface ScaleByLionState {
  readonly [slot: string]: Leaf;
  readonly momentum: Leaf;
}

/**
 * Replaces gradients by the sign of a mix of the gradient and its running mean: 1, -1 or 0; NaN stays NaN.
 *
 * @throws {InvalidOptionError} if a number is out of its range.
 * @see Chen et al. 2023, https://arxiv.org/abs/2302.06675; optax.scale_by_lion
 * @example chain(scaleByLion(), scaleByLearningRate({ learningRate: 1e-4 }))
 */
export function scaleByLion(
  options: ScaleByLionOptions = {},
): GradientTransform<ScaleByLionState, 'gradients'> {
  return defineTransform({
    name: 'scaleByLion',
    options,
    schema: scaleByLionSchema,
    yields: 'gradients',
    init: (params): ScaleByLionState => ({ momentum: zerosLike(params) }),
    update: (updates, state, { hyperparameters: { beta1, beta2 } }) => ({
      updates: sign(add(mul(beta1, state.momentum), mul(sub(1, beta1), updates))),
      state: { momentum: add(mul(beta2, state.momentum), mul(sub(1, beta2), updates)) },
    }),
  });
}
