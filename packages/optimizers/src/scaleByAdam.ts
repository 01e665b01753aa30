import {
  add,
  defineTransform,
  div,
  hyperparameter,
  leafScalar,
  mul,
  sqrt,
  sub,
  zerosLike,
  type GradientTransform,
  type Leaf,
  type LeafScalar,
  type Option,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link scaleByAdam}. */
export interface ScaleByAdamOptions {
  /** The decay of the mean of gradients. Default 0.9. */
  readonly beta1?: number | Schedule;
  /** The decay of the mean of squared gradients. Default 0.999. */
  readonly beta2?: number | Schedule;
  /** Added to the root, after bias correction. Default 1e-8. */
  readonly epsilon?: number | Schedule;
}

/** What those options must be. */
export const scaleByAdamSchema: Readonly<Record<'beta1' | 'beta2' | 'epsilon', Option<number, true>>> = {
  beta1: hyperparameter({ atLeast: 0, below: 1, fallback: 0.9 }),
  beta2: hyperparameter({ atLeast: 0, below: 1, fallback: 0.999 }),
  epsilon: hyperparameter({ atLeast: 0, fallback: 1e-8 }),
};

/** The state of {@link scaleByAdam}. A debias is the same average, taken of ones: what the average of zeros at the start is short of. */
export interface ScaleByAdamState {
  readonly [slot: string]: Leaf | LeafScalar;
  readonly firstMoment: Leaf;
  readonly secondMoment: Leaf;
  readonly firstDebias: LeafScalar;
  readonly secondDebias: LeafScalar;
}

/**
 * Divides the running mean of gradients by the root of the running mean of their squares, both corrected for their start at zero.
 *
 * Each leaf has its own correction, so a leaf that joins late or misses steps is right too.
 * Edges: the second moment holds gradients up to 5e20 at the default `beta2`, as PyTorch's does; a larger one makes it infinite, and its entry
 * stays where it is from then on. NaN and infinite entries become NaN, and stay.
 * @throws {InvalidOptionError} if a number is out of its range.
 * @see Kingma & Ba 2015, algorithm 1, https://arxiv.org/abs/1412.6980
 * @example chain(scaleByAdam({ beta2: 0.99 }), scaleByLearningRate({ learningRate: 1e-3 }))
 */
export function scaleByAdam(
  options: ScaleByAdamOptions = {},
): GradientTransform<ScaleByAdamState, 'gradients'> {
  return defineTransform({
    name: 'scaleByAdam',
    options,
    schema: scaleByAdamSchema,
    yields: 'gradients',
    init: (params): ScaleByAdamState => ({
      firstMoment: zerosLike(params),
      secondMoment: zerosLike(params),
      firstDebias: leafScalar(params, 0),
      secondDebias: leafScalar(params, 0),
    }),
    update: (updates, state, { hyperparameters: { beta1, beta2, epsilon } }) => {
      const firstMoment = add(mul(beta1, state.firstMoment), mul(sub(1, beta1), updates));
      // The factor goes between the two: a square alone is infinite from 1.8e19 on, and an infinite moment never comes down again.
      const secondMoment = add(mul(beta2, state.secondMoment), mul(mul(sub(1, beta2), updates), updates));
      const firstDebias = add(mul(beta1, state.firstDebias), sub(1, beta1));
      const secondDebias = add(mul(beta2, state.secondDebias), sub(1, beta2));
      // Kingma & Ba's order of computation, at the end of their section 2: the corrections are numbers of a leaf, and an entry is multiplied once.
      const correction = sqrt(secondDebias);
      const root = add(sqrt(secondMoment), mul(epsilon, correction));
      return {
        updates: div(mul(firstMoment, div(correction, firstDebias)), root),
        state: { firstMoment, secondMoment, firstDebias, secondDebias },
      };
    },
  });
}
