import * as clipNorm from '@gradkit/clip-norm';
import * as clipValue from '@gradkit/clip-value';
import { createStepper, interpretPlan, referenceEngine, type Engine } from '@gradkit/core';
import * as optimizers from '@gradkit/optimizers';
import { expect, test } from 'vitest';
import { conformanceSuite } from './conformanceSuite.ts';
import { coveredTransforms } from './transformCases.ts';

const engines: readonly Engine[] = [
  referenceEngine({ fuse: false }),
  referenceEngine(),
  ...[1, 3, 64].map((blockSize) => inBlocks(blockSize)),
];

for (const engine of engines) {
  conformanceSuite({
    name: engine.name,
    create: (transform, params) => createStepper(transform, params, { engine }),
  });
}

test('every transform of the packages has a case', () => {
  const names = Object.keys({ ...clipNorm, ...clipValue, ...optimizers });
  expect(names.filter((name) => !coveredTransforms.has(name))).toEqual([]);
});

function inBlocks(blockSize: number): Engine {
  return {
    name: `reference in blocks of ${blockSize}`,
    open: (layout) => {
      const session = referenceEngine().open(layout);
      return {
        ...session,
        execute: ({ plan, scalars, gradients }) =>
          interpretPlan(plan, { ...session.memory, gradients }, scalars, { blockSize }),
      };
    },
  };
}
