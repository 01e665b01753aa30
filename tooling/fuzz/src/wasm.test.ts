import { setImmediate as breathe } from 'node:timers/promises';
import { referenceEngine, type TransformJSON } from '@gradkit/core';
import { createWasmEngine } from '@gradkit/wasm/binding';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzzParameters } from './fuzzParameters.ts';
import { runSteps, steps } from './runSteps.ts';
import { transformArbitrary } from './transformArbitrary.ts';
import { treeArbitrary } from './treeArbitrary.ts';

const { gradients, updates } = transformArbitrary(3);
// The engine adds up powers of these orders without the reference's scaling, and so in other bits: conformance holds them to 1e-5.
const ordersInOtherBits = /"normType":(?:3|0\.5)[,}]/;
const isExact = (json: TransformJSON): boolean => !ordersInOtherBits.test(JSON.stringify(json));
const [reference, engine] = [referenceEngine(), createWasmEngine()];

test(
  'compiled passes give what the reference gives, whatever the chain and the tree',
  { timeout: 1_200_000 },
  async () => {
    const applied = fc.tuple(fc.constant<'step'>('step'), updates.filter(isExact));
    const handedOver = fc.tuple(
      fc.constant<'update'>('update'),
      fc.oneof(gradients, updates).filter(isExact),
    );
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
      fuzzParameters(1000),
    );
  },
);
