import {
  add,
  defineTransform,
  equal,
  flag,
  hyperparameter,
  leafScalar,
  mul,
  sub,
  where,
  zerosLike,
  type GradientTransform,
  type Leaf,
  type LeafScalar,
  type Option,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link scaleByMomentum}. */
export interface ScaleByMomentumOptions {
  /** The share of the last velocity that is kept, from 0 to 1; with 1 the velocity is the sum of all gradients. */
  readonly momentum: number | Schedule;
  /** How much less of the new gradient is taken, from the second step on. Default 0. */
  readonly dampening?: number | Schedule;
  /** Looks ahead along the velocity. Default false. */
  readonly nesterov?: boolean;
}

/** What those options must be. */
export const scaleByMomentumSchema: Readonly<
  Record<'momentum' | 'dampening', Option<number, true>> & Record<'nesterov', Option<boolean, false>>
> = {
  momentum: hyperparameter({ atLeast: 0, atMost: 1, example: 0.9 }),
  dampening: hyperparameter({ atLeast: 0, atMost: 1, fallback: 0 }),
  nesterov: flag({ fallback: false }),
};

/** The state of {@link scaleByMomentum}: the velocity, and the number 1 for each leaf that has one. */
export interface ScaleByMomentumState {
  readonly [slot: string]: Leaf | LeafScalar;
  readonly velocity: Leaf;
  readonly started: LeafScalar;
}

/**
 * Replaces gradients by a velocity: v = momentum * v + (1 - dampening) * g, with v = g at a leaf's first step; with Nesterov the
 * result is g + momentum * v.
 *
 * @throws {InvalidOptionError} if a number is out of its range.
 * @see Sutskever et al. 2013; torch.optim.SGD, whose first step is not dampened either
 * @example chain(scaleByMomentum({ momentum: 0.9, nesterov: true }), scaleByLearningRate({ learningRate: 0.1 }))
 */
export function scaleByMomentum(
  options: ScaleByMomentumOptions,
): GradientTransform<ScaleByMomentumState, 'gradients'> {
  return defineTransform({
    name: 'scaleByMomentum',
    options,
    schema: scaleByMomentumSchema,
    yields: 'gradients',
    init: (params): ScaleByMomentumState => ({ velocity: zerosLike(params), started: leafScalar(params, 0) }),
    update: (updates, state, { hyperparameters: { momentum, dampening }, settings }) => {
      const moved = add(mul(momentum, state.velocity), mul(sub(1, dampening), updates));
      const velocity = where(equal(state.started, 0), updates, moved);
      return {
        updates: settings.nesterov ? add(updates, mul(momentum, velocity)) : velocity,
        state: { velocity, started: leafScalar(updates, 1) },
      };
    },
  });
}
