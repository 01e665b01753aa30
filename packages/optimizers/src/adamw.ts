import type { GradientTransform, Schedule, StateTree } from '@gradkit/core';
import { addDecayedWeights } from './addDecayedWeights.ts';
import type { AdamOptions } from './adam.ts';
import { optimizerFrom, pick } from './optimizerFrom.ts';
import { scaleByAdam } from './scaleByAdam.ts';
import { scaleByLearningRate } from './scaleByLearningRate.ts';

/** The options of {@link adamw}. */
export interface AdamwOptions extends AdamOptions {
  /** The share of a parameter that is taken away, times the learning rate. Default 0.01. */
  readonly weightDecay?: number | Schedule;
}

/**
 * Adam with decoupled weight decay: the decay is not divided by the second moment.
 *
 * A chain of `scaleByAdam`, `addDecayedWeights` and `scaleByLearningRate`. To spare biases, write that chain with `masked`.
 * @throws {InvalidOptionError} for an unknown option or a number out of its range.
 * @see Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101; torch.optim.AdamW, with which it agrees
 * @example chain(clipByGlobalNorm({ maxNorm: 1 }), adamw({ learningRate: 1e-3, weightDecay: 0.1 }))
 */
export function adamw(options: AdamwOptions): GradientTransform<StateTree, 'updates'> {
  const known = ['learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay'];
  return optimizerFrom({ name: 'adamw', options, known }, () => {
    const { learningRate, weightDecay = 0.01 } = options;
    return [
      scaleByAdam(pick(options, ['beta1', 'beta2', 'epsilon'])),
      addDecayedWeights({ weightDecay }),
      scaleByLearningRate({ learningRate }),
    ];
  });
}
