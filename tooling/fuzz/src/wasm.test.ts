import { setImmediate as breathe } from 'node:timers/promises';
import { referenceEngine } from '@gradkit/core';
import { createWasmEngine } from '@gradkit/wasm';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzzParameters } from './fuzzParameters.ts';
import { runSteps, steps } from './runSteps.ts';
import { transformArbitrary } from './transformArbitrary.ts';
import { treeArbitrary } from './treeArbitrary.ts';

const { gradients, updates } = transformArbitrary(3);
const [reference, engine] = [referenceEngine(), createWasmEngine()];

test(
  'compiled passes give what the reference gives, whatever the chain and the tree',
  { timeout: 1_200_000 },
  async () => {
    const applied = fc.tuple(fc.constant<'step'>('step'), updates);
    const handedOver = fc.tuple(fc.constant<'update'>('update'), fc.oneof(gradients, updates));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(applied, handedOver),
        treeArbitrary({ steps }),
        async ([method, json], tree) => {
          await breathe();
          expect(runSteps({ method, json, tree, engine })).toBe(
            runSteps({ method, json, tree, engine: reference }),
          );
        },
      ),
      fuzzParameters(10_000),
    );
  },
);
