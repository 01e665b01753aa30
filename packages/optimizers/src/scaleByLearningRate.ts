import {
  defineTransform,
  hyperparameter,
  mul,
  neg,
  type EmptyState,
  type GradientTransform,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link scaleByLearningRate}. */
export interface ScaleByLearningRateOptions {
  /** How far to step; 0 or more. */
  readonly learningRate: number | Schedule;
}

/**
 * Multiplies by -learningRate: the last piece of every optimizer, which turns gradients into updates that are added to parameters.
 *
 * @throws {InvalidOptionError} if `learningRate` is NaN, negative or infinite.
 * @example chain(scaleByAdam({}), scaleByLearningRate({ learningRate: 1e-3 }))
 */
export function scaleByLearningRate(
  options: ScaleByLearningRateOptions,
): GradientTransform<EmptyState, 'updates'> {
  return defineTransform({
    name: 'scaleByLearningRate',
    options,
    schema: { learningRate: hyperparameter({ atLeast: 0 }) },
    yields: 'updates',
    init: (): EmptyState => ({}),
    update: (updates, state, { hyperparameters: { learningRate } }) => ({
      updates: mul(neg(learningRate), updates),
      state,
    }),
  });
}
