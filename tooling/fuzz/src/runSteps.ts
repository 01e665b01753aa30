import {
  createStepper,
  stateArrays,
  transformFromJSON,
  type Engine,
  type LeafValues,
  type Stepper,
  type TransformJSON,
} from '@gradkit/core';
import { expect } from 'vitest';
import { flushAfter } from './flushAfter.ts';
import { fuzzRegistry } from './fuzzRegistry.ts';
import type { RandomLeaf } from './treeArbitrary.ts';

/** How many steps are taken with each random transform. */
export const steps = 3;

/** A transform at work on a tree. */
export interface Run {
  readonly method: 'step' | 'update';
  readonly json: TransformJSON;
  readonly tree: readonly RandomLeaf[];
  readonly engine: Engine;
}

/** Everything that can be seen of some steps, as text in which -0 and 0 differ and every NaN is the same. */
export function runSteps({ method, json, tree, engine }: Run): string {
  const leaves = tree.map(({ name, values, shape }): [string, LeafValues] => [name, { values, shape }]);
  const stepper = createStepper(transformFromJSON(json, fuzzRegistry), Object.fromEntries(leaves), {
    engine,
  });
  const lines: string[] = [];
  for (let step = 0; step < steps; step++) {
    const given = Object.fromEntries(tree.map(({ name, gradients: all }) => [name, all[step] ?? null]));
    const before = stepper.params();
    const kept = tree
      .filter(({ name }) => given[name] === null)
      .map(({ name }) => arrayLine(name, before[name]));
    if (method === 'step') stepper.step(given);
    const handed = method === 'update' ? stepper.update(given) : {};
    const after = stepper.params();
    const still = tree
      .filter(({ name }) => given[name] === null)
      .map(({ name }) => arrayLine(name, after[name]));
    expect(still, 'a parameter without a gradient keeps its bits').toEqual(kept);
    lines.push(
      `step ${step}`,
      ...arrayLines(handed),
      ...arrayLines(after),
      ...arrayLines(Object.fromEntries(stateArrays(stepper.getState()))),
    );
    noteReport(stepper);
    if (step !== flushAfter || method !== 'step') continue;
    lines.push(
      `flushed: ${stepper.flush()}`,
      ...arrayLines(stepper.params()),
      ...arrayLines(Object.fromEntries(stateArrays(stepper.getState()))),
    );
    noteReport(stepper);
  }
  stepper.dispose();
  return lines.join('\n');

  function noteReport({ report }: Stepper): void {
    const { values = {}, leafValues = {} } = report() ?? {};
    for (const [path, value] of Object.entries(values)) lines.push(`${path}: ${text(value)}`);
    for (const [path, numbers] of Object.entries(leafValues)) {
      for (const [leaf, value] of numbers) lines.push(`${path} of ${leaf}: ${text(value)}`);
    }
  }
}

function arrayLines(arrays: Readonly<Record<string, Float32Array | Int32Array>>): string[] {
  return Object.entries(arrays).map(([name, array]) => arrayLine(name, array));
}

function arrayLine(name: string, array: Float32Array | Int32Array | undefined): string {
  return `${name}: ${Array.from(array ?? [], text).join(' ')}`;
}

function text(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
