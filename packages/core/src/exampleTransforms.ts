import {
  add,
  div,
  lessEqual,
  mul,
  neg,
  normOverLeaves,
  scalar,
  sqrt,
  square,
  where,
  zerosLike,
} from './algebra.ts';
import { defineTransform } from './defineTransform.ts';
import type { EmptyState, GradientTransform } from './gradientTransform.ts';
import { hyperparameter, structuralNumber } from './option.ts';
import type { Schedule } from './schedule.ts';
import type { Leaf, Scalar } from './symbolicTensor.ts';

// Small transforms that the tests of this package are written with. The real ones are in packages of their own.

/** Steps down the gradient. */
export function descend(options: {
  readonly learningRate: number | Schedule;
}): GradientTransform<EmptyState, 'updates'> {
  return defineTransform({
    name: 'descend',
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

/** Adds up gradients, and counts how often. */
export function heavyBall(
  options: { readonly momentum?: number | Schedule } = {},
): GradientTransform<{ readonly velocity: Leaf; readonly count: Scalar }, 'gradients'> {
  return defineTransform({
    name: 'heavyBall',
    options,
    schema: { momentum: hyperparameter({ atLeast: 0, atMost: 1, fallback: 1 }) },
    yields: 'gradients',
    init: (params): { readonly velocity: Leaf; readonly count: Scalar } => ({
      velocity: zerosLike(params),
      count: scalar(0),
    }),
    update: (updates, state, { hyperparameters: { momentum } }) => {
      const velocity = add(mul(momentum, state.velocity), updates);
      return { updates: velocity, state: { velocity, count: add(state.count, 1) } };
    },
  });
}

/** Divides by the root of the sum of squares. */
export function normalize(): GradientTransform<{ readonly sumOfSquares: Leaf }, 'gradients'> {
  return defineTransform({
    name: 'normalize',
    options: {},
    schema: {},
    yields: 'gradients',
    init: (params): { readonly sumOfSquares: Leaf } => ({ sumOfSquares: zerosLike(params) }),
    update: (updates, state) => {
      const sumOfSquares = add(state.sumOfSquares, square(updates));
      return { updates: div(updates, sqrt(sumOfSquares)), state: { sumOfSquares } };
    },
  });
}

/** Bounds the norm over all leaves. */
export function clipNorm(options: {
  readonly maxNorm: number | Schedule;
  readonly order?: number;
}): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name: 'clipNorm',
    options,
    schema: {
      maxNorm: hyperparameter({ above: 0, infinite: true }),
      order: structuralNumber({ above: 0, infinite: true, fallback: 2 }),
    },
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { hyperparameters: { maxNorm }, settings }) => {
      const norm = normOverLeaves(updates, { order: settings.order });
      const clipped = where(lessEqual(norm, maxNorm), updates, mul(updates, div(maxNorm, norm)));
      return { updates: clipped, state, report: { norm } };
    },
  });
}
