import type { GradientTransform, Schedule, StateTree } from '@gradkit/core';
import { addDecayedWeightsSchema } from './addDecayedWeights.ts';
import { decayFrom, maskFrom, type DecayOptions } from './decay.ts';
import { optimizerFrom, pick } from './optimizerFrom.ts';
import { learningRateSchema, scaleByLearningRate } from './scaleByLearningRate.ts';
import { scaleByMomentum, scaleByMomentumSchema } from './scaleByMomentum.ts';

/** The options of {@link sgd}. */
export interface SgdOptions extends DecayOptions {
  readonly learningRate: number | Schedule;
  /** From 0 to 1. Default 0: no velocity is kept. */
  readonly momentum?: number | Schedule;
  readonly dampening?: number | Schedule;
  readonly nesterov?: boolean;
  /** L2 regularisation, added to the gradient, as PyTorch does. Default 0. */
  readonly weightDecay?: number | Schedule;
}

/**
 * Stochastic gradient descent: p - learningRate * g, with momentum if asked for.
 *
 * A chain of `addDecayedWeights`, `scaleByMomentum` and `scaleByLearningRate`, each there only if it is asked for.
 * @throws {InvalidOptionError} for an unknown option or a number out of its range.
 * @see torch.optim.SGD, with which it agrees
 * @example chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }))
 */
export function sgd(options: SgdOptions): GradientTransform<StateTree, 'updates'> {
  const { momentum, ...others } = scaleByMomentumSchema;
  const schema = {
    ...learningRateSchema(0.01),
    momentum: { ...momentum, fallback: 0 },
    ...others,
    weightDecay: { ...addDecayedWeightsSchema.weightDecay, fallback: 0 },
  };
  const call = { name: 'sgd', options, schema };
  const mask = (): ReturnType<typeof maskFrom> => maskFrom(call, options);
  return optimizerFrom({ ...call, mask }, () => {
    const { learningRate, momentum: share = 0, dampening = 0, nesterov = false } = options;
    const isPlain = share === 0 && dampening === 0 && !nesterov;
    return [
      ...decayFrom('sgd', options),
      ...(isPlain ? [] : [scaleByMomentum({ momentum: share, ...pick(options, ['dampening', 'nesterov']) })]),
      scaleByLearningRate({ learningRate }),
    ];
  });
}
