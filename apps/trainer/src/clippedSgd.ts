import { clipByGlobalNorm, globalNorm } from '@gradkit/clip-norm';
import { clipByValue } from '@gradkit/clip-value';
import { chain } from '@gradkit/core';
import type { GradientTransform, StateTree } from '@gradkit/core';
import { sgd } from '@gradkit/optimizers';
import type { Clipping } from './clipping.ts';

/** SGD behind a clip, as one transform that reports the norm of the gradients before the clip at every step. */
export function clippedSgd(options: {
  clipping: Clipping;
  threshold: number;
  learningRate: number;
}): GradientTransform<StateTree, 'updates'> {
  const { clipping, threshold, learningRate } = options;
  switch (clipping) {
    case 'none':
      return chain(globalNorm(), sgd({ learningRate }));
    case 'norm':
      return chain(clipByGlobalNorm({ maxNorm: threshold }), sgd({ learningRate }));
    case 'value':
      return chain(globalNorm(), clipByValue({ limit: threshold }), sgd({ learningRate }));
  }
}
