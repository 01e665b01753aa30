import type { GradientTransform, Schedule, StateTree } from '@gradkit/core';
import { addDecayedWeightsSchema } from './addDecayedWeights.ts';
import { decayFrom, maskFrom, type DecayOptions } from './decay.ts';
import { optimizerFrom, pick } from './optimizerFrom.ts';
import { learningRateSchema, scaleByLearningRate } from './scaleByLearningRate.ts';
import { scaleByLion, scaleByLionSchema, type ScaleByLionOptions } from './scaleByLion.ts';

/** The options of {@link lion}. */
export interface LionOptions extends ScaleByLionOptions, DecayOptions {
  readonly learningRate: number | Schedule;
  /** Decoupled weight decay. Default 0. */
  readonly weightDecay?: number | Schedule;
}

/**
 * Lion: steps of the learning rate's size in every entry, by the sign of the mixed momentum.
 *
 * A chain of `scaleByLion`, `addDecayedWeights` if asked for, and `scaleByLearningRate`.
 * @throws {InvalidOptionError} for an unknown option or a number out of its range.
 * @see Chen et al. 2023, https://arxiv.org/abs/2302.06675; optax.lion (whose weight decay is 1e-3 unless given)
 * @example chain(clipByGlobalNorm({ maxNorm: 1 }), lion({ learningRate: 1e-4, weightDecay: 1 }))
 */
export function lion(options: LionOptions): GradientTransform<StateTree, 'updates'> {
  const { weightDecay } = addDecayedWeightsSchema;
  const schema = {
    ...learningRateSchema(0.0001),
    ...scaleByLionSchema,
    weightDecay: { ...weightDecay, fallback: 0 },
  };
  const call = { name: 'lion', options, schema };
  const mask = (): ReturnType<typeof maskFrom> => maskFrom(call, options);
  return optimizerFrom({ ...call, mask }, () => [
    scaleByLion(pick(options, ['beta1', 'beta2'])),
    ...decayFrom('lion', options),
    scaleByLearningRate({ learningRate: options.learningRate }),
  ]);
}
