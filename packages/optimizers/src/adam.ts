import type { GradientTransform, Schedule, StateTree } from '@gradkit/core';
import { optimizerFrom, pick } from './optimizerFrom.ts';
import { scaleByAdam, scaleByAdamSchema, type ScaleByAdamOptions } from './scaleByAdam.ts';
import { learningRateSchema, scaleByLearningRate } from './scaleByLearningRate.ts';

/** The options of {@link adam}. */
export interface AdamOptions extends ScaleByAdamOptions {
  readonly learningRate: number | Schedule;
}

/**
 * Adam: steps of about the learning rate's size, along the running mean of gradients over the root of that of their squares.
 *
 * A chain of `scaleByAdam` and `scaleByLearningRate`.
 * @throws {InvalidOptionError} for an unknown option or a number out of its range.
 * @see Kingma & Ba 2015, https://arxiv.org/abs/1412.6980; torch.optim.Adam, with which it agrees
 * @example chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1e-3 }))
 */
export function adam(options: AdamOptions): GradientTransform<StateTree, 'updates'> {
  const schema = { ...learningRateSchema(0.001), ...scaleByAdamSchema };
  return optimizerFrom({ name: 'adam', options, schema, decoupled: 'adamw' }, () => [
    scaleByAdam(pick(options, ['beta1', 'beta2', 'epsilon'])),
    scaleByLearningRate({ learningRate: options.learningRate }),
  ]);
}
