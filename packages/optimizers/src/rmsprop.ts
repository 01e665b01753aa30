import type { GradientTransform, Schedule, StateTree } from '@gradkit/core';
import { optimizerFrom, pick } from './optimizerFrom.ts';
import { learningRateSchema, scaleByLearningRate } from './scaleByLearningRate.ts';
import { scaleByMomentum, scaleByMomentumSchema } from './scaleByMomentum.ts';
import { scaleByRms, scaleByRmsSchema, type ScaleByRmsOptions } from './scaleByRms.ts';

/** The options of {@link rmsprop}. */
export interface RmspropOptions extends ScaleByRmsOptions {
  readonly learningRate: number | Schedule;
  /** From 0 to 1. Default 0: no velocity is kept. */
  readonly momentum?: number | Schedule;
}

/**
 * RMSProp: gradients over the root of the running mean of their squares.
 *
 * A chain of `scaleByRms`, `scaleByMomentum` if asked for, and `scaleByLearningRate`.
 * @throws {InvalidOptionError} for an unknown option or a number out of its range.
 * @see torch.optim.RMSprop, with which it agrees (its alpha is our decay); optax.rmsprop and tf.train.rmsprop, with which it agrees
 *   with `epsilonInRoot: true` and their epsilon (TensorFlow.js: 1e-7)
 * @example chain(clipByGlobalNorm({ maxNorm: 1 }), rmsprop({ learningRate: 1e-3, momentum: 0.9 }))
 */
export function rmsprop(options: RmspropOptions): GradientTransform<StateTree, 'updates'> {
  const schema = {
    ...learningRateSchema(0.001),
    ...scaleByRmsSchema,
    momentum: { ...scaleByMomentumSchema.momentum, fallback: 0 },
  };
  return optimizerFrom({ name: 'rmsprop', options, schema }, () => {
    const { learningRate, momentum = 0 } = options;
    return [
      scaleByRms(pick(options, ['decay', 'epsilon', 'epsilonInRoot', 'centered'])),
      ...(momentum === 0 ? [] : [scaleByMomentum({ momentum })]),
      scaleByLearningRate({ learningRate }),
    ];
  });
}
