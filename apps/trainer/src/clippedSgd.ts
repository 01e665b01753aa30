import { clipByGlobalNorm, globalNorm } from '@gradkit/clip-norm';
import { clipByValue } from '@gradkit/clip-value';
import { chain } from '@gradkit/core';
import type { GradientTransform, StateTree } from '@gradkit/core';
import { sgd } from '@gradkit/optimizers';
import type { Clipping } from './clipping.ts';

interface ClippedSgdOptions {
  readonly threshold: number;
  readonly learningRate: number;
}

type Optimizer = GradientTransform<StateTree, 'updates'>;

const optimizers: Readonly<Record<Clipping, (options: ClippedSgdOptions) => Optimizer>> = {
  none: ({ learningRate }) => chain(globalNorm(), sgd({ learningRate })),
  norm: ({ threshold, learningRate }) =>
    chain(clipByGlobalNorm({ maxNorm: threshold }), sgd({ learningRate })),
  value: ({ threshold, learningRate }) =>
    chain(globalNorm(), clipByValue({ limit: threshold }), sgd({ learningRate })),
};

/** SGD behind a clip, as one transform that reports the norm of the gradients before the clip at every step. */
export function clippedSgd({ clipping, ...options }: { clipping: Clipping } & ClippedSgdOptions): Optimizer {
  return optimizers[clipping](options);
}
