import {
  add,
  defineTransform,
  div,
  fillLike,
  flag,
  hyperparameter,
  square,
  structuralNumber,
  type GradientTransform,
  type Leaf,
  type Option,
  type Schedule,
} from '@gradkit/core';
import { rootOf } from './rootOf.ts';

/** The options of {@link scaleByRss}. */
export interface ScaleByRssOptions {
  /** What the sums start from. Default 0.1. */
  readonly initialAccumulatorValue?: number;
  /** Added to the root, or to what the root is taken of. Default 1e-8. */
  readonly epsilon?: number | Schedule;
  /** Whether epsilon is inside the root, as in Optax, Keras and TensorFlow.js. Default false, as in PyTorch. */
  readonly epsilonInRoot?: boolean;
}

/** What those options must be. */
export const scaleByRssSchema: Readonly<
  Record<'initialAccumulatorValue', Option<number, false>> &
    Record<'epsilon', Option<number, true>> &
    Record<'epsilonInRoot', Option<boolean, false>>
> = {
  initialAccumulatorValue: structuralNumber({ atLeast: 0, fallback: 0.1 }),
  epsilon: hyperparameter({ atLeast: 0, fallback: 1e-8 }),
  epsilonInRoot: flag({ fallback: false }),
};

/** The state of {@link scaleByRss}. */
export interface ScaleByRssState {
  readonly [slot: string]: Leaf;
  readonly sumOfSquares: Leaf;
}

/**
 * Divides gradients by the root of the sum of all their squares so far.
 *
 * @throws {InvalidOptionError} if a number is out of its range.
 * @see Duchi et al. 2011; torch.optim.Adagrad (epsilon outside the root), optax.scale_by_rss (inside, as with `epsilonInRoot`)
 * @example chain(scaleByRss(), scaleByLearningRate({ learningRate: 0.1 }))
 */
export function scaleByRss(options: ScaleByRssOptions = {}): GradientTransform<ScaleByRssState, 'gradients'> {
  return defineTransform({
    name: 'scaleByRss',
    options,
    schema: scaleByRssSchema,
    yields: 'gradients',
    init: (params, { settings }): ScaleByRssState => ({
      sumOfSquares: fillLike(params, Number(settings['initialAccumulatorValue'])),
    }),
    update: (updates, state, { hyperparameters: { epsilon }, settings: { epsilonInRoot } }) => {
      const sumOfSquares = add(state.sumOfSquares, square(updates));
      return {
        updates: div(updates, rootOf(sumOfSquares, { epsilon, epsilonInRoot })),
        state: { sumOfSquares },
      };
    },
  });
}
