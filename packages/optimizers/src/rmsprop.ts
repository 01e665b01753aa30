import type { GradientTransform, Schedule, StateTree } from '@gradkit/core';
import { optimizerFrom, pick } from './optimizerFrom.ts';
import { scaleByLearningRate } from './scaleByLearningRate.ts';
import { scaleByMomentum } from './scaleByMomentum.ts';
import { scaleByRms, type ScaleByRmsOptions } from './scaleByRms.ts';

/** The options of {@link rmsprop}. */
export interface RmspropOptions extends ScaleByRmsOptions {
  readonly learningRate: number | Schedule;
  /** Default 0: no velocity is kept. */
  readonly momentum?: number | Schedule;
}

/**
 * RMSProp: gradients over the root of the running mean of their squares.
 *
 * A chain of `scaleByRms`, `scaleByMomentum` if asked for, and `scaleByLearningRate`.
 * @throws {InvalidOptionError} for an unknown option or a number out of its range.
 * @see torch.optim.RMSprop, with which it agrees (its alpha is our decay); TensorFlow.js has epsilon inside the root
 * @example chain(clipByGlobalNorm({ maxNorm: 1 }), rmsprop({ learningRate: 1e-3, momentum: 0.9 }))
 */
export function rmsprop(options: RmspropOptions): GradientTransform<StateTree, 'updates'> {
  const known = ['learningRate', 'decay', 'momentum', 'epsilon', 'centered'];
  return optimizerFrom({ name: 'rmsprop', options, known }, () => {
    const { learningRate, momentum = 0 } = options;
    return [
      scaleByRms(pick(options, ['decay', 'epsilon', 'centered'])),
      ...(momentum === 0 ? [] : [scaleByMomentum({ momentum })]),
      scaleByLearningRate({ learningRate }),
    ];
  });
}
