import type { GradientTransform, Schedule, StateTree } from '@gradkit/core';
import { addDecayedWeights } from './addDecayedWeights.ts';
import { optimizerFrom, pick } from './optimizerFrom.ts';
import { scaleByLearningRate } from './scaleByLearningRate.ts';
import { scaleByMomentum } from './scaleByMomentum.ts';

/** The options of {@link sgd}. */
export interface SgdOptions {
  readonly learningRate: number | Schedule;
  /** Default 0: no velocity is kept. */
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
  const known = ['learningRate', 'momentum', 'dampening', 'nesterov', 'weightDecay'];
  return optimizerFrom({ name: 'sgd', options, known }, () => {
    const { learningRate, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
    const isPlain = momentum === 0 && dampening === 0 && !nesterov;
    // Made even where it is left out, so that its options are judged.
    const velocity = scaleByMomentum({ momentum, ...pick(options, ['dampening', 'nesterov']) });
    return [
      ...(weightDecay === 0 ? [] : [addDecayedWeights({ weightDecay })]),
      ...(isPlain ? [] : [velocity]),
      scaleByLearningRate({ learningRate }),
    ];
  });
}
