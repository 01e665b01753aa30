import {
  defineTransform,
  hyperparameter,
  mul,
  neg,
  type EmptyState,
  type GradientTransform,
  type Option,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link scaleByLearningRate}. */
export interface ScaleByLearningRateOptions {
  /** How far to step; 0 or more. */
  readonly learningRate: number | Schedule;
}

/** What they must be, with the rate that messages say to write. */
export function learningRateSchema(example: number): { readonly learningRate: Option<number, true> } {
  return { learningRate: hyperparameter({ atLeast: 0, example }) };
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
    schema: learningRateSchema(0.01),
    yields: 'updates',
    init: (): EmptyState => ({}),
    update: (updates, state, { hyperparameters: { learningRate } }) => ({
      updates: mul(neg(learningRate), updates),
      state,
    }),
  });
}
