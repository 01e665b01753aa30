import {
  createStepper,
  stateArrays,
  transformFromJSON,
  type NamedState,
  type Engine,
  type TransformJSON,
} from '@gradkit/core';
import {
  flushAfter,
  fuzzParameters,
  transformArbitrary,
  treeArbitrary,
  type RandomLeaf,
} from '@gradkit/fuzz';
import { goldenRegistry } from '@gradkit/goldens';
import type { Binding } from '@gradkit/tfjs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { tfjsSubject } from './tfjsSubject.ts';

const steps = 3;
const noState: NamedState = { step: Int32Array.of() };
const { gradients: ofGradients, updates: ofUpdates } = transformArbitrary(3);
// TensorFlow.js keeps its variables in a plain object, which has some names already.
const trees = treeArbitrary({ steps }).map((tree) =>
  tree.map((leaf) => ({ ...leaf, name: `v${leaf.name}` })),
);
// wrapOptimizer refuses to hold steps on data.
const withoutHolds = ofGradients.filter((json) => !JSON.stringify(json).includes('skipNonFinite'));

/** Declares the test that a binding gives the bits of an engine, for random chains on random trees. */
export function bindingFuzz({ create, engine }: { create: () => Binding; engine: Engine }): void {
  test(
    `it gives the bits of the engine ${engine.name}, whatever the chain and the tree`,
    { timeout: 1_200_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.oneof(ofUpdates, withoutHolds), trees, async (json, tree) => {
          const found = await onTensors(json, tree, create());
          expect(found).toEqual(onEngine(json, tree, engine, found));
        }),
        fuzzParameters(1_000),
      );
    },
  );
}

async function onTensors(
  json: TransformJSON,
  tree: readonly RandomLeaf[],
  binding: Binding,
): Promise<Shown[]> {
  const transform = transformFromJSON(json, goldenRegistry);
  const subject = tfjsSubject(transform, treeOf(tree), binding);
  const all: Shown[] = [];
  try {
    for (let step = 0; step < steps; step++) {
      if (transform.yields === 'updates') await subject.step(gradientsAt(tree, step));
      if (transform.yields === 'updates' && step === flushAfter) await subject.flush();
      const updates = transform.yields === 'updates' ? {} : await subject.update(gradientsAt(tree, step));
      all.push({
        updates: shown(updates),
        params: shown(await subject.params()),
        state: shown(Object.fromEntries(stateArrays((await subject.getState?.()) ?? noState))),
      });
    }
  } finally {
    subject.dispose?.();
  }
  return all;
}

/** The same of an engine. A leaf that has had no gradient yet has no state on tensors, so only state that was found there is shown. */
function onEngine(
  json: TransformJSON,
  tree: readonly RandomLeaf[],
  engine: Engine,
  found: readonly Shown[],
): Shown[] {
  const transform = transformFromJSON(json, goldenRegistry);
  const stepper = createStepper(transform, treeOf(tree), { engine });
  const all: Shown[] = [];
  for (let step = 0; step < steps; step++) {
    if (transform.yields === 'updates') stepper.step(gradientsAt(tree, step));
    if (transform.yields === 'updates' && step === flushAfter) stepper.flush();
    const updates = transform.yields === 'updates' ? {} : stepper.update(gradientsAt(tree, step));
    const names = Object.keys(found[step]?.state ?? {});
    const state = stateArrays(stepper.getState()).filter(([name]) => names.includes(name));
    all.push({
      updates: shown(updates),
      params: shown(stepper.params()),
      state: shown(Object.fromEntries(state)),
    });
  }
  stepper.dispose();
  return all;
}

function gradientsAt(tree: readonly RandomLeaf[], step: number): Record<string, Float32Array | null> {
  return Object.fromEntries(tree.map(({ name, gradients }) => [name, gradients[step] ?? null]));
}

function treeOf(tree: readonly RandomLeaf[]): Record<string, Pick<RandomLeaf, 'values' | 'shape'>> {
  return Object.fromEntries(tree.map(({ name, values, shape }) => [name, { values, shape }]));
}

type Texts = Readonly<Record<string, string>>;

/** What can be seen after a step. */
interface Shown {
  readonly updates: Texts;
  readonly params: Texts;
  readonly state: Texts;
}

/** Arrays as text in which -0 and 0 differ and every NaN is the same. */
function shown(arrays: Readonly<Record<string, Float32Array | Int32Array>>): Texts {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, values]) => [
      name,
      Array.from(values, (value) => (Object.is(value, -0) ? '-0' : String(value))).join(' '),
    ]),
  );
}
