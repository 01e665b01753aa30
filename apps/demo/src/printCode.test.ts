import { runInNewContext } from 'node:vm';
import * as clipNorm from '@gradkit/clip-norm';
import * as clipValue from '@gradkit/clip-value';
import * as core from '@gradkit/core';
import * as optimizers from '@gradkit/optimizers';
import { schedules } from '@gradkit/schedules';
import { expect, test } from 'vitest';
import { chainToJSON } from './chainDescription.ts';
import { printCode } from './printCode.ts';

const { accumulate, chain, conditionally, freeze, masked, namedChain, partition, skipNonFinite } = core;
const { clipByGlobalNorm, adaptiveGradientClip } = clipNorm;
const { clipByValue } = clipValue;
const { adam, sgd, adamw } = optimizers;

const transforms: readonly core.AnyTransform[] = [
  chain(clipByGlobalNorm({ maxNorm: 1 }), clipByValue({ limit: 0.5 }), sgd({ learningRate: 0.1 })),
  chain(clipByGlobalNorm({ maxNorm: 1, normType: Infinity }), adam({ learningRate: 0.1, beta1: 0.8 })),
  adamw({ learningRate: schedules.warmupCosineDecay({ peakValue: 0.1, warmupSteps: 5, decaySteps: 50 }) }),
  skipNonFinite(
    accumulate(chain(clipByValue({ min: -1, max: 2 }), sgd({ learningRate: 0.1 })), { every: 4 }),
    {
      maxConsecutive: 3,
    },
  ),
  namedChain({ clip: clipByGlobalNorm({ maxNorm: 1 }), last: sgd({ learningRate: 0.1 }) }),
  chain(
    masked(adaptiveGradientClip({ clipping: 0.01 }), { name: '*kernel*' }),
    freeze({ rank: 1 }),
    sgd({ learningRate: 1 }),
  ),
  partition({ a: sgd({ learningRate: 0.1 }), b: adam({ learningRate: 1 }) }, [
    { label: 'a', leaves: { name: "it's*" } },
    { label: 'b' },
  ]),
  chain(conditionally(clipByGlobalNorm({ maxNorm: 1 }), { from: 10 }), sgd({ learningRate: 0.1 })),
];

test.each(transforms.map((transform) => [JSON.stringify(transform), transform] as const))(
  'the code of %s builds it again',
  (_, transform) => {
    const json = transform.toJSON();
    const expression = /const transform = ([\s\S]*?);\n\nconst optimizer/.exec(printCode(json))?.[1] ?? '';
    const known = { ...core, ...clipNorm, ...clipValue, ...optimizers, ...schedules };
    const built: unknown = runInNewContext(expression, known);
    expect(JSON.stringify(built)).toBe(JSON.stringify(json));
  },
);

test('the code reads as one would write it', () => {
  const json = chainToJSON({
    clips: [{ name: 'clipByGlobalNorm', threshold: 0.5 }],
    optimizer: 'sgd',
    learningRate: 0.03,
  });
  expect(printCode(json)).toBe(`import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain } from '@gradkit/core';
import { sgd } from '@gradkit/optimizers';
import { toOptimizer } from '@gradkit/tfjs';

const transform = chain(
  clipByGlobalNorm({ maxNorm: 0.5 }),
  sgd({ learningRate: 0.03 }),
);

const optimizer = toOptimizer(transform);
`);
});
