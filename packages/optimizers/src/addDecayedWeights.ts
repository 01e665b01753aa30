import {
  add,
  defineTransform,
  hyperparameter,
  mul,
  type EmptyState,
  type GradientTransform,
  type Option,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link addDecayedWeights}. */
export interface AddDecayedWeightsOptions {
  /** The share of the parameters that is added; 0 or more. */
  readonly weightDecay: number | Schedule;
}

/** What they must be. */
export const addDecayedWeightsSchema: Readonly<Record<'weightDecay', Option<number, true>>> = {
  weightDecay: hyperparameter({ atLeast: 0, example: 0.01 }),
};

/**
 * Adds weightDecay * parameters to the updates. Before the moments it is L2 regularisation (PyTorch's SGD), after them it is
 * decoupled weight decay (AdamW).
 *
 * @throws {InvalidOptionError} if `weightDecay` is NaN, negative or infinite. @throws {MissingParamsError} without parameters.
 * @see Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101
 * @example masked(addDecayedWeights({ weightDecay: 0.01 }), { minRank: 2 }) // kernels, not biases
 */
export function addDecayedWeights(
  options: AddDecayedWeightsOptions,
): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name: 'addDecayedWeights',
    options,
    schema: addDecayedWeightsSchema,
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { params, hyperparameters: { weightDecay } }) => ({
      updates: add(updates, mul(weightDecay, params)),
      state,
    }),
  });
}
