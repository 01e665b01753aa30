import { referenceEngine } from '@gradkit/core';
import { createWasmEngine } from '@gradkit/wasm';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { runSteps, seedFromEnvironment, steps } from './runSteps.ts';
import { transformArbitrary } from './transformArbitrary.ts';
import { treeArbitrary } from './treeArbitrary.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 10_000);
const { gradients, updates } = transformArbitrary(3);
const [reference, engine] = [referenceEngine(), createWasmEngine()];

test(
  'compiled passes give what the reference gives, whatever the chain and the tree',
  { timeout: 1_200_000 },
  () => {
    const applied = fc.tuple(fc.constant<'step'>('step'), updates);
    const handedOver = fc.tuple(fc.constant<'update'>('update'), fc.oneof(gradients, updates));
    fc.assert(
      fc.property(fc.oneof(applied, handedOver), treeArbitrary({ steps }), ([method, json], tree) => {
        expect(runSteps({ method, json, tree, engine })).toBe(
          runSteps({ method, json, tree, engine: reference }),
        );
      }),
      { numRuns: runs, ...seedFromEnvironment() },
    );
  },
);
