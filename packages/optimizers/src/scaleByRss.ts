import {
  add,
  defineTransform,
  div,
  fillLike,
  hyperparameter,
  sqrt,
  square,
  structuralNumber,
  type GradientTransform,
  type Leaf,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link scaleByRss}. */
export interface ScaleByRssOptions {
  /** What the sums start from. Default 0.1. */
  readonly initialAccumulatorValue?: number;
  /** Added to the root. Default 1e-8. */
  readonly epsilon?: number | Schedule;
}

/** The state of {@link scaleByRss}. */
export interface ScaleByRssState {
  readonly [slot: string]: Leaf;
  readonly sumOfSquares: Leaf;
}

/**
 * Divides gradients by the root of the sum of all their squares so far.
 *
 * @throws {InvalidOptionError} if a number is out of its range.
 * @see Duchi et al. 2011; torch.optim.Adagrad (epsilon outside the root)
 * @example chain(scaleByRss(), scaleByLearningRate({ learningRate: 0.1 }))
 */
export function scaleByRss(options: ScaleByRssOptions = {}): GradientTransform<ScaleByRssState, 'gradients'> {
  return defineTransform({
    name: 'scaleByRss',
    options,
    schema: {
      initialAccumulatorValue: structuralNumber({ atLeast: 0, fallback: 0.1 }),
      epsilon: hyperparameter({ atLeast: 0, fallback: 1e-8 }),
    },
    yields: 'gradients',
    init: (params, { settings }): ScaleByRssState => ({
      sumOfSquares: fillLike(params, Number(settings['initialAccumulatorValue'])),
    }),
    update: (updates, state, { hyperparameters: { epsilon } }) => {
      const sumOfSquares = add(state.sumOfSquares, square(updates));
      return { updates: div(updates, add(sqrt(sumOfSquares), epsilon)), state: { sumOfSquares } };
    },
  });
}
