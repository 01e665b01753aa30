import { createStepper, transformFromJSON, type TransformJSON } from '@gradkit/core';
import { tfjsSubject } from '@gradkit/conformance/tfjsSubject';
import { transformArbitrary, treeArbitrary, type RandomLeaf } from '@gradkit/fuzz';
import { goldenRegistry } from '@gradkit/goldens';
import { useNativeInTests } from '@gradkit/libtensorflow';
import * as tf from '@tensorflow/tfjs-core';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { node } from './node.ts';
import { withNativeGradients } from './withNativeGradients.ts';

const steps = 3;
const { gradients: ofGradients, updates: ofUpdates } = transformArbitrary(3);
// TensorFlow.js keeps its variables in a plain object, which has some names already.
const trees = treeArbitrary({ steps }).map((tree) =>
  tree.map((leaf) => ({ ...leaf, name: `v${leaf.name}` })),
);
// wrapOptimizer refuses to hold steps on data.
const withoutHolds = ofGradients.filter((json) => !JSON.stringify(json).includes('skipNonFinite'));

describe.skipIf(!useNativeInTests())('tfjs-node', () => {
  beforeAll(async () => {
    await import('@tensorflow/tfjs-node');
    await tf.setBackend('tensorflow');
  });

  test(
    'node() gives the bits of the reference, whatever the chain and the tree',
    { timeout: 300_000 },
    async () => {
      const property = fc.asyncProperty(fc.oneof(ofUpdates, withoutHolds), trees, async (json, tree) => {
        const [found, wanted] = [await onNode(json, tree), onReference(json, tree)];
        expect(found).toEqual(wanted);
      });
      await fc.assert(property, {
        numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000),
        ...seedFromEnvironment(),
      });
    },
  );
});

type Arrays = Readonly<Record<string, Float32Array | Int32Array>>;

const makeTransform = (json: TransformJSON) => transformFromJSON(json, goldenRegistry);
const gradientsAt = (tree: readonly RandomLeaf[], step: number) =>
  Object.fromEntries(tree.map(({ name, gradients }) => [name, gradients[step] ?? null]));
const treeOf = (tree: readonly RandomLeaf[]) =>
  Object.fromEntries(tree.map(({ name, values, shape }) => [name, { values, shape }]));

async function onNode(json: TransformJSON, tree: readonly RandomLeaf[]): Promise<string[]> {
  const transform = makeTransform(json);
  const subject = tfjsSubject(transform, treeOf(tree), withNativeGradients(node()));
  try {
    const lines: string[] = [];
    for (let step = 0; step < steps; step++) {
      if (transform.yields === 'updates') await subject.step(gradientsAt(tree, step));
      else lines.push(...shown(await subject.update(gradientsAt(tree, step))));
      lines.push(...shown(await subject.params()));
    }
    return lines;
  } catch (error) {
    return [String(error)];
  } finally {
    subject.dispose?.();
  }
}

function onReference(json: TransformJSON, tree: readonly RandomLeaf[]): string[] {
  const transform = makeTransform(json);
  const stepper = createStepper(transform, treeOf(tree));
  const lines: string[] = [];
  for (let step = 0; step < steps; step++) {
    if (transform.yields === 'updates') stepper.step(gradientsAt(tree, step));
    else lines.push(...shown(stepper.update(gradientsAt(tree, step))));
    lines.push(...shown(stepper.params()));
  }
  return lines;
}

/** Arrays as text in which -0 and 0 differ and every NaN is the same. */
function shown(arrays: Arrays): string[] {
  return Object.entries(arrays).map(
    ([name, values]) =>
      `${name}: ${Array.from(values, (value) => (Object.is(value, -0) ? '-0' : String(value))).join(' ')}`,
  );
}

/** `FUZZ_SEED=123 FUZZ_PATH=4:0 npm test` repeats what a failure printed. */
function seedFromEnvironment(): { seed?: number; path?: string } {
  const { FUZZ_SEED: seed, FUZZ_PATH: path } = process.env;
  return { ...(seed === undefined ? {} : { seed: Number(seed) }), ...(path === undefined ? {} : { path }) };
}
