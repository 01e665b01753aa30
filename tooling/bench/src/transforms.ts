import { adaptiveGradientClip, clipByGlobalNorm, clipByNorm } from '@gradkit/clip-norm';
import { clipByValue } from '@gradkit/clip-value';
import { chain, type GradientTransform, type StateTree } from '@gradkit/core';
import { adam, adamw, lion, sgd } from '@gradkit/optimizers';
import type { Settings } from './updateTask.ts';

/** The chains whose bytes and times are compared. */
export type TransformName =
  | 'clip + Adam'
  | 'clip + AdamW + value clip'
  | 'per-leaf clip + momentum'
  | 'AGC + Lion';

/** Each chain with the numbers of a task. */
export const transforms: Readonly<
  Record<TransformName, (settings: Settings) => GradientTransform<StateTree, 'updates'>>
> = {
  'clip + Adam': ({ maxNorm, ...options }) => chain(clipByGlobalNorm({ maxNorm }), adam(options)),
  'clip + AdamW + value clip': ({ maxNorm, ...options }) =>
    chain(
      clipByGlobalNorm({ maxNorm }),
      clipByValue({ limit: maxNorm / 2 }),
      adamw({ ...options, weightDecay: 0.01 }),
    ),
  'per-leaf clip + momentum': ({ maxNorm, learningRate }) =>
    chain(clipByNorm({ maxNorm }), sgd({ learningRate, momentum: 0.9 })),
  'AGC + Lion': ({ learningRate }) =>
    chain(adaptiveGradientClip({ clipping: 0.01 }), lion({ learningRate, weightDecay: 0.01 })),
};
