import type { GradientTransform, Schedule, StateTree } from '@gradkit/core';
import { optimizerFrom, pick } from './optimizerFrom.ts';
import { learningRateSchema, scaleByLearningRate } from './scaleByLearningRate.ts';
import { scaleByRss, scaleByRssSchema, type ScaleByRssOptions } from './scaleByRss.ts';

/** The options of {@link adagrad}. */
export interface AdagradOptions extends ScaleByRssOptions {
  readonly learningRate: number | Schedule;
}

/**
 * Adagrad: gradients over the root of the sum of all their squares so far.
 *
 * A chain of `scaleByRss` and `scaleByLearningRate`.
 * @throws {InvalidOptionError} for an unknown option or a number out of its range.
 * @see Duchi et al. 2011; torch.optim.Adagrad, with which it agrees from the same initial accumulator value;
 *   optax.adagrad and tf.train.adagrad, with `epsilonInRoot: true` and epsilon 1e-7
 * @example chain(clipByGlobalNorm({ maxNorm: 1 }), adagrad({ learningRate: 0.1 }))
 */
export function adagrad(options: AdagradOptions): GradientTransform<StateTree, 'updates'> {
  const schema = { ...learningRateSchema(0.01), ...scaleByRssSchema };
  return optimizerFrom({ name: 'adagrad', options, schema }, () => [
    scaleByRss(pick(options, ['initialAccumulatorValue', 'epsilon', 'epsilonInRoot'])),
    scaleByLearningRate({ learningRate: options.learningRate }),
  ]);
}
