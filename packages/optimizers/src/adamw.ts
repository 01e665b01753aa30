import type { GradientTransform, Schedule, StateTree } from '@gradkit/core';
import { addDecayedWeightsSchema } from './addDecayedWeights.ts';
import type { AdamOptions } from './adam.ts';
import { decayOf, maskOf, type DecayOptions } from './decay.ts';
import { optimizerFrom, pick } from './optimizerFrom.ts';
import { scaleByAdam, scaleByAdamSchema } from './scaleByAdam.ts';
import { learningRateSchema, scaleByLearningRate } from './scaleByLearningRate.ts';

/** The options of {@link adamw}. */
export interface AdamwOptions extends AdamOptions, DecayOptions {
  /** The share of a parameter that is taken away, times the learning rate. Default 0.01. */
  readonly weightDecay?: number | Schedule;
}

/**
 * Adam with decoupled weight decay: the decay is not divided by the second moment.
 *
 * A chain of `scaleByAdam`, `addDecayedWeights` and `scaleByLearningRate`; `mask` says which leaves decay.
 * @throws {InvalidOptionError} for an unknown option or a number out of its range.
 * @see Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101; torch.optim.AdamW, with which it agrees
 * @example chain(clipByGlobalNorm({ maxNorm: 1 }), adamw({ learningRate: 1e-3, weightDecay: 0.1, mask: { minRank: 2 } }))
 */
export function adamw(options: AdamwOptions): GradientTransform<StateTree, 'updates'> {
  const { weightDecay } = addDecayedWeightsSchema;
  const schema = {
    ...learningRateSchema(0.001),
    ...scaleByAdamSchema,
    weightDecay: { ...weightDecay, fallback: 0.01 },
  };
  return optimizerFrom({ name: 'adamw', options, schema, mask: () => maskOf('adamw', options.mask) }, () => {
    const { learningRate, weightDecay: share = 0.01, mask } = options;
    return [
      scaleByAdam(pick(options, ['beta1', 'beta2', 'epsilon'])),
      decayOf('adamw', { weightDecay: share, mask }),
      scaleByLearningRate({ learningRate }),
    ];
  });
}
