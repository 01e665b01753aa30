import { clipByGlobalNorm } from '@gradkit/clip-norm';
import {
  accumulate,
  chain,
  conditionally,
  freeze,
  lookahead,
  masked,
  namedChain,
  partition,
  skipNonFinite,
  type AnyTransform,
  type NamedGradients,
} from '@gradkit/core';
import { adam, adamw, sgd } from '@gradkit/optimizers';
import { gradientsOf, treeOf, type ConformanceCase } from './conformanceCase.ts';

const learningRate = (step: number): number => 0.1 / (1 + step);
const clip = clipByGlobalNorm({ maxNorm: 1 });
const optimizer = chain(clip, adam({ learningRate }));
const bias = { name: '*bias' };
const labels = [{ label: 'slow', leaves: bias }, { label: 'fast' }];

/** Transforms that gather, by a stable name. */
const catalogue: Readonly<Record<string, AnyTransform>> = {
  accumulate: accumulate(optimizer, { every: 3 }),
  'accumulate with a schedule': accumulate(optimizer, { every: (step) => 1 + (step % 3) }),
  'in a chain': chain(clip, accumulate(clip, { every: 3 }), adamw({ learningRate })),
  'around a clip of the update': accumulate(chain(adamw({ learningRate }), clip), { every: 3 }),
  'in a namedChain': namedChain({
    first: clip,
    second: accumulate(sgd({ learningRate, momentum: 0.9 }), { every: 4 }),
  }),
  masked: chain(masked(accumulate(clip, { every: 4 }), bias), adam({ learningRate })),
  frozen: chain(freeze(bias), accumulate(optimizer, { every: 3 })),
  'in a partition': partition(
    { slow: accumulate(optimizer, { every: 3 }), fast: sgd({ learningRate }) },
    labels,
  ),
  'of different lengths': partition(
    {
      slow: accumulate(optimizer, { every: 2 }),
      fast: accumulate(adam({ learningRate }), { every: (step) => 3 + step }),
    },
    labels,
  ),
  'in lookahead': lookahead(accumulate(optimizer, { every: 3 }), { every: 3 }),
  'around lookahead': accumulate(lookahead(optimizer, { every: 2 }), { every: 3 }),
  'in skipNonFinite': skipNonFinite(accumulate(optimizer, { every: 3 })),
  'skipped by parts': partition(
    {
      slow: skipNonFinite(accumulate(adamw({ learningRate }), { every: 3 })),
      fast: accumulate(adamw({ learningRate }), { every: 3 }),
    },
    labels,
  ),
  'around skipNonFinite': accumulate(skipNonFinite(optimizer), { every: 3 }),
  'in conditionally': conditionally(accumulate(optimizer, { every: 3 }), { from: 1 }),
  twice: accumulate(accumulate(optimizer, { every: 2 }), { every: 3 }),
};

const shapes = { kernel: [3, 2], bias: [2], 'a/b.c': [2, 1, 2, 2], gain: [], empty: [0] };
const params = treeOf(shapes, [0.5, -1.5, 2, -0.25, 0.125, 1, -3]);

function gradientsAt(
  step: number,
  strange: Readonly<Record<string, Float32Array | null>> = {},
): NamedGradients {
  const entries = [1, -0.5, 0.25, 3, -2, 0.75, -0.125].map((entry) => (entry * (step + 1)) / 2);
  return { ...gradientsOf(treeOf(shapes, entries)), ...strange };
}

const steps = [0, 1, 2, 3, 4, 5, 6].map((step) => {
  if (step === 1) return gradientsAt(step, { kernel: null });
  if (step === 3) return gradientsAt(step, { bias: Float32Array.of(NaN, 1), gain: null });
  return gradientsAt(step);
});

/** What is gathered is used up by a flush: after a window's first step, after its second, and after one whose gradient was no number. */
export const flushCases: readonly ConformanceCase[] = Object.entries(catalogue).map(
  ([name, transform]): ConformanceCase => ({
    name: `flush: ${name}`,
    transform: () => transform,
    params,
    steps,
    flushAfter: [0, 2, 3, 5],
    tolerance: 1e-5,
  }),
);
