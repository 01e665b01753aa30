import {
  add,
  defineTransform,
  div,
  flag,
  hyperparameter,
  maximum,
  mul,
  square,
  sub,
  zerosLike,
  type GradientTransform,
  type Leaf,
  type Option,
  type Schedule,
} from '@gradkit/core';
import { rootOf } from './rootOf.ts';

/** The options of {@link scaleByRms}. */
export interface ScaleByRmsOptions {
  /** The decay of the mean of squared gradients. Default 0.9. */
  readonly decay?: number | Schedule;
  /** Added to the root, or to what the root is taken of. Default 1e-8. */
  readonly epsilon?: number | Schedule;
  /** Whether epsilon is inside the root, as in Optax, Keras and TensorFlow.js. Default false, as in PyTorch. */
  readonly epsilonInRoot?: boolean;
  /** Divides by the deviation from the mean gradient instead. Default false. */
  readonly centered?: boolean;
}

/** What those options must be. */
export const scaleByRmsSchema: Readonly<
  Record<'decay' | 'epsilon', Option<number, true>> &
    Record<'epsilonInRoot' | 'centered', Option<boolean, false>>
> = {
  decay: hyperparameter({ atLeast: 0, below: 1, fallback: 0.9 }),
  epsilon: hyperparameter({ atLeast: 0, fallback: 1e-8 }),
  epsilonInRoot: flag({ fallback: false }),
  centered: flag({ fallback: false }),
};

/** The state of {@link scaleByRms}. */
export interface ScaleByRmsState {
  readonly [slot: string]: Leaf;
  readonly meanSquare: Leaf;
}

/**
 * Divides gradients by the root of the running mean of their squares, or, centered, by their running deviation.
 *
 * Edges: centered, a gradient that does not change has no deviation, and its entry is divided by `epsilon`, which is a huge step (PyTorch gives
 * NaN where rounding leaves less than nothing to take the root of). The mean of squares holds gradients up to 5e19 at the default `decay`, as
 * PyTorch's does; a larger one makes it infinite, and its entry stays where it is from then on.
 * @throws {InvalidOptionError} if a number is out of its range.
 * @see Tieleman & Hinton 2012, lecture 6e; torch.optim.RMSprop (epsilon outside the root), optax.scale_by_rms (inside, as with `epsilonInRoot`)
 * @example chain(scaleByRms({ decay: 0.99 }), scaleByLearningRate({ learningRate: 1e-3 }))
 */
export function scaleByRms(options: ScaleByRmsOptions = {}): GradientTransform<ScaleByRmsState, 'gradients'> {
  return defineTransform({
    name: 'scaleByRms',
    options,
    schema: scaleByRmsSchema,
    yields: 'gradients',
    init: (params, { settings }): ScaleByRmsState =>
      settings['centered'] === true
        ? { meanSquare: zerosLike(params), mean: zerosLike(params) }
        : { meanSquare: zerosLike(params) },
    update: (updates, state, { hyperparameters: { decay, epsilon }, settings: { epsilonInRoot } }) => {
      // The factor goes between the two: a square alone is infinite from 1.8e19 on, and an infinite mean never comes down again.
      const meanSquare = add(mul(decay, state.meanSquare), mul(mul(sub(1, decay), updates), updates));
      const before = state['mean'];
      if (before === undefined)
        return {
          updates: div(updates, rootOf(meanSquare, { epsilon, epsilonInRoot })),
          state: { meanSquare },
        };
      const mean = add(before, mul(sub(1, decay), sub(updates, before)));
      // Of gradients that hardly change, rounding can leave less than nothing.
      const variance = maximum(sub(meanSquare, square(mean)), 0);
      return {
        updates: div(updates, rootOf(variance, { epsilon, epsilonInRoot })),
        state: { meanSquare, mean },
      };
    },
  });
}
