import {
  adaptiveGradientClip,
  clipByBlockRms,
  clipByGlobalNorm,
  clipByNorm,
  globalNorm,
} from '@gradkit/clip-norm';
import { clipByValue, softClip } from '@gradkit/clip-value';
import {
  accumulate,
  chain,
  conditionally,
  freeze,
  identity,
  lookahead,
  masked,
  namedChain,
  partition,
  skipNonFinite,
  zeroNans,
  type AnyTransform,
  type NamedGradients,
} from '@gradkit/core';
import {
  adagrad,
  adam,
  adamw,
  addDecayedWeights,
  lion,
  rmsprop,
  scale,
  scaleByAdam,
  scaleByLearningRate,
  scaleByLion,
  scaleByMomentum,
  scaleByRms,
  scaleByRss,
  sgd,
} from '@gradkit/optimizers';
import { gradientsOf, treeOf, type ConformanceCase } from './conformanceCase.ts';

const learningRate = (step: number): number => 0.1 / (1 + step);
const clip = clipByGlobalNorm({ maxNorm: 1 });
const optimizer = chain(clip, adam({ learningRate }));
const bias = { name: '*bias' };

/** Every transform of the packages and every combinator of core, by a stable name. */
const catalogue: Readonly<Record<string, AnyTransform>> = {
  identity: identity(),
  zeroNans: zeroNans(),
  clipByGlobalNorm: clip,
  'clipByGlobalNorm of order 1 with an epsilon': clipByGlobalNorm({ maxNorm: 2, normType: 1, epsilon: 1e-6 }),
  'clipByGlobalNorm that never clips': clipByGlobalNorm({ maxNorm: Infinity }),
  clipByNorm: clipByNorm({ maxNorm: 0.5 }),
  'clipByNorm of order Infinity': clipByNorm({ maxNorm: 0.5, normType: Infinity }),
  clipByBlockRms: clipByBlockRms({ threshold: 0.5 }),
  adaptiveGradientClip: adaptiveGradientClip({ clipping: 0.1 }),
  globalNorm: globalNorm({}),
  clipByValue: clipByValue({ limit: 0.5 }),
  'clipByValue with two ends': clipByValue({ min: -0.25, max: 1 }),
  softClip: softClip({ limit: 0.5 }),
  scale: scale({ factor: -0.5 }),
  addDecayedWeights: addDecayedWeights({ weightDecay: 0.1 }),
  scaleByAdam: scaleByAdam({}),
  scaleByLion: scaleByLion({}),
  scaleByRms: scaleByRms({}),
  'scaleByRms, centered': scaleByRms({ centered: true }),
  scaleByRss: scaleByRss({}),
  scaleByMomentum: scaleByMomentum({ momentum: 0.9 }),
  'scaleByMomentum, dampened, with Nesterov': scaleByMomentum({
    momentum: 0.9,
    dampening: 0.5,
    nesterov: true,
  }),
  scaleByLearningRate: scaleByLearningRate({ learningRate }),
  sgd: sgd({ learningRate: 0.1 }),
  'sgd with momentum and weight decay': sgd({
    learningRate,
    momentum: 0.9,
    nesterov: true,
    weightDecay: 0.01,
  }),
  adam: adam({ learningRate: 0.1 }),
  adamw: adamw({ learningRate, weightDecay: 0.1 }),
  rmsprop: rmsprop({ learningRate: 0.1 }),
  'rmsprop, centered, with momentum': rmsprop({ learningRate: 0.1, momentum: 0.9, centered: true }),
  adagrad: adagrad({ learningRate: 0.1 }),
  lion: lion({ learningRate: 0.1, weightDecay: 0.1 }),
  chain: chain(clipByValue({ limit: 1 }), clip, clipByGlobalNorm({ maxNorm: 0.5 }), adamw({ learningRate })),
  'chain that clips the update': chain(adamw({ learningRate }), clipByGlobalNorm({ maxNorm: 0.01 })),
  namedChain: namedChain({ first: clip, second: optimizer }),
  masked: masked(clip, bias),
  partition: partition({ slow: sgd({ learningRate: 0.01 }), fast: optimizer }, [
    { label: 'slow', leaves: bias },
    { label: 'fast' },
  ]),
  freeze: chain(freeze(bias), optimizer),
  accumulate: accumulate(optimizer, { every: 2 }),
  'accumulate without an optimizer': accumulate(clip, { every: 2 }),
  conditionally: conditionally(clip, { from: 1, every: 2 }),
  'conditionally with an optimizer': conditionally(optimizer, { from: 1 }),
  lookahead: lookahead(optimizer, { every: 2 }),
  skipNonFinite: skipNonFinite(optimizer),
  'skipNonFinite that gives up': skipNonFinite(sgd({ learningRate: 0.1 }), { maxConsecutive: 1 }),
  'skipNonFinite around accumulate': skipNonFinite(accumulate(optimizer, { every: 2 })),
  'accumulate around skipNonFinite': accumulate(skipNonFinite(optimizer), { every: 2 }),
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

const withNull = [0, 1, 2, 3, 4].map((step) => gradientsAt(step, step === 1 ? { bias: null } : {}));
const withNonFinite = [0, 1, 2, 3, 4].map((step) => {
  if (step === 1) return gradientsAt(step, { bias: Float32Array.of(NaN, 1) });
  if (step === 2)
    return gradientsAt(step, { bias: Float32Array.of(1, -Infinity), gain: Float32Array.of(NaN) });
  return gradientsAt(step, step === 3 ? { kernel: null } : {});
});

const withoutAny = [0, 1, 2, 3, 4].map((step) =>
  step === 0 || step === 3
    ? gradientsAt(step)
    : Object.fromEntries(Object.keys(shapes).map((name) => [name, null])),
);

const tolerance = 1e-5;

/**
 * Every transform over five steps, one of them with a null gradient; over five of which two are not finite; and over five of which three
 * have no gradient at all: norms of 0 are reported, and no step is taken.
 */
export const transformCases: readonly ConformanceCase[] = Object.entries(catalogue).flatMap(
  ([name, transform]): ConformanceCase[] => [
    {
      name: `transform: ${name}`,
      transform: () => transform,
      params,
      steps: withNull,
      tolerance,
    },
    {
      name: `transform: ${name}, with gradients that are not finite`,
      transform: () => transform,
      params,
      steps: withNonFinite,
      tolerance,
    },
    {
      name: `transform: ${name}, with steps without a single gradient`,
      transform: () => transform,
      params,
      steps: withoutAny,
      tolerance,
    },
  ],
);

const strangeShapes = Object.fromEntries([
  ['__proto__', [2]],
  ['constructor', [2]],
]);
const strangeParams = treeOf(strangeShapes, [1, -2, 3, 4]);

/** Names of leaves that are names of JavaScript's own, too. */
export const nameCases: readonly ConformanceCase[] = Object.entries({ clip, optimizer }).map(
  ([name, transform]): ConformanceCase => ({
    name: `names: a leaf called __proto__ under ${name}`,
    transform: () => transform,
    params: strangeParams,
    steps: [0, 1].map(() => gradientsOf(strangeParams)),
    tolerance,
  }),
);

/** The names of the transforms that the cases cover. */
export const coveredTransforms: ReadonlySet<string> = new Set(
  Object.entries(catalogue).map(([name]) => name.split(/[ ,]/)[0] ?? ''),
);
