import { setImmediate as breathe } from 'node:timers/promises';
import { loopEngine, referenceEngine } from '@gradkit/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzzParameters } from './fuzzParameters.ts';
import { runSteps, steps } from './runSteps.ts';
import { transformArbitrary } from './transformArbitrary.ts';
import { treeArbitrary } from './treeArbitrary.ts';

const { gradients, updates } = transformArbitrary(3);

test(
  'fusing a program into passes changes no bit, whatever the chain and the tree',
  { timeout: 1_200_000 },
  async () => {
    const applied = fc.tuple(fc.constant<'step'>('step'), updates);
    const handedOver = fc.tuple(fc.constant<'update'>('update'), fc.oneof(gradients, updates));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(applied, handedOver),
        treeArbitrary({ steps }),
        fc.integer({ min: 1, max: 5 }),
        async ([method, json], tree, blockSize) => {
          await breathe();
          const defined = runSteps({ method, json, tree, engine: referenceEngine() });
          expect(runSteps({ method, json, tree, engine: loopEngine() })).toBe(defined);
          expect(runSteps({ method, json, tree, engine: loopEngine({ blockSize }) })).toBe(defined);
        },
      ),
      fuzzParameters(1000),
    );
  },
);
