import {
  createDeviceStepper,
  createStepper,
  transformFromJSON,
  type AnyTransform,
  type DeviceEngine,
  type LeafValues,
  type TransformJSON,
} from '@gradkit/core';
import * as fc from 'fast-check';
import { fuzzRegistry } from './fuzzRegistry.ts';
import { fuzzParameters } from './fuzzParameters.ts';
import { observeSteps, type Observed } from './observeSteps.ts';
import { transformArbitrary } from './transformArbitrary.ts';
import { treeArbitrary, type RandomLeaf } from './treeArbitrary.ts';

const steps = 5;
const { gradients, updates } = transformArbitrary(2);

/**
 * A device rounds otherwise than the reference: its sums are in float32, and WGSL's divisions and roots may be off by a few units of the
 * last place. What such an error does to a random chain is measured: the reference runs with gradients that are off by `nudge` in one
 * direction or the other, and the device may be off by so many times as much. So a chain that jumps (a sign, a threshold) may
 * jump where the reference is as undecided, and nowhere else.
 */
const nudge = 2 ** -21;
const timesAsMuch = 16;
const rounding = 2e-6;
const denormal = 2 ** -126;

/** What became of some random chains on a device. */
export interface ChainsOnDevice {
  /** How many were tried. */
  readonly chains: number;
  /** Whether the time was up before all were. */
  readonly isCutShort: boolean;
  /** What is wrong with the first that differs, with the seed and the path to try it again. */
  readonly complaint?: string;
}

/** That a device gives for a random chain what the reference gives, but for rounding. */
export function chainsProperty<Buffer extends object>(
  engine: DeviceEngine<Buffer>,
): fc.IAsyncProperty<[readonly ['step' | 'update', TransformJSON], readonly RandomLeaf[]]> {
  const applied = fc.tuple(fc.constant<'step'>('step'), updates);
  const handedOver = fc.tuple(fc.constant<'update'>('update'), fc.oneof(gradients, updates));
  return fc.asyncProperty(
    fc.oneof(applied, handedOver),
    treeArbitrary({ steps, onlyNormal: true }),
    async ([method, json], tree) => {
      const make = (): AnyTransform => transformFromJSON(withoutExtremes(json), fuzzRegistry);
      const onHost = async (leaves: readonly RandomLeaf[]): Promise<Observed> =>
        observeSteps(createStepper(make(), startsOf(leaves)), { method, tree: leaves, steps });
      const stepper = await createDeviceStepper(make(), startsOf(tree), { engine });
      const actual = await observeSteps(stepper, { method, tree, steps });
      const undecided = await Promise.all([0, 1, 2].map(async (turn) => onHost(nudged(tree, turn))));
      const wrong = differences(actual, await onHost(tree), undecided);
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
    },
  );
}

/** Tries random chains on a device until one differs, all are tried or the time is up. The chains are those of the tests. */
export async function tryChainsOnDevice<Buffer extends object>(
  engine: DeviceEngine<Buffer>,
  { chains, milliseconds }: { readonly chains: number; readonly milliseconds: number },
): Promise<ChainsOnDevice> {
  const details = await fc.check(chainsProperty(engine), {
    ...fuzzParameters(chains, {}),
    endOnFailure: true,
    interruptAfterTimeLimit: milliseconds,
  });
  const { numRuns, interrupted, failed, seed, counterexamplePath, errorInstance } = details;
  if (!failed || (interrupted && counterexamplePath === null)) {
    return { chains: numRuns, isCutShort: numRuns < chains };
  }
  const message = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return {
    chains: numRuns,
    isCutShort: false,
    complaint: `seed ${seed}, path ${counterexamplePath}: ${message}`,
  };
}

/** A transform whose numbers lie where products of some of them are no denormals, which WGSL may flush to zero. */
function withoutExtremes(json: TransformJSON): unknown {
  return JSON.parse(
    JSON.stringify(json, (_, value: unknown) =>
      typeof value === 'number' && value !== 0
        ? Math.sign(value) * Math.min(1e3, Math.max(1e-3, Math.abs(value)))
        : value,
    ),
  );
}

const startsOf = (tree: readonly RandomLeaf[]): Record<string, LeafValues> =>
  Object.fromEntries(tree.map(({ name, values, shape }) => [name, { values, shape }]));

/** The same tree with every number of it off by a little. */
function nudged(tree: readonly RandomLeaf[], turn: number): readonly RandomLeaf[] {
  let count = turn;
  const off = (numbers: Float32Array): Float32Array =>
    numbers.map((value) => value * (1 + nudge * Math.sin(++count * (turn + 1))));
  return tree.map((leaf) => ({
    ...leaf,
    values: off(leaf.values),
    gradients: leaf.gradients.map((gradient) => gradient && off(gradient)),
  }));
}

/**
 * Where a device gave something else than it may, as lines to read. What is taken from a parameter and put back again leaves an error of the size
 * of that parameter's rounding, which WGSL's right to reorder sums may avoid.
 */
function differences(actual: Observed, wanted: Observed, undecided: readonly Observed[]): string[] {
  const parameters = Array.from(wanted)
    .filter(([name]) => /^step \d+, (?:flushed )?parameter /.test(name))
    .map(([, numbers]) => numbers);
  const parameterRounding = (at: number): number =>
    2 ** -23 *
    Math.max(0, ...parameters.map((numbers) => Math.abs(numbers[at] ?? 0)).filter(Number.isFinite));
  const missing = [...wanted.keys()].filter((name) => !actual.has(name)).map((name) => `${name} is missing`);
  const wrong = Array.from(actual, ([name, numbers]) => {
    const expected = wanted.get(name);
    if (expected?.length !== numbers.length) return `${name} has ${numbers.length} numbers`;
    const others = undecided.map((observed) => observed.get(name) ?? []);
    const index = numbers.findIndex((number, at) => {
      const value = expected[at] ?? NaN;
      if (Object.is(number, value)) return false;
      const around = others.map((other) => other[at] ?? NaN);
      // Numbers that the reference itself cannot tell apart from an infinity or NaN.
      if (around.some((other) => Number.isFinite(other) !== Number.isFinite(value))) return false;
      const reach = Math.max(...around.map((other) => Math.abs(other - value)));
      const allowed = timesAsMuch * reach + rounding * Math.abs(value) + parameterRounding(at) + denormal;
      return !(Math.abs(number - value) <= allowed);
    });
    return index < 0 ? '' : `${name}[${index}] is ${numbers[index]}, not ${expected[index]}`;
  });
  return [...missing, ...wrong.filter((line) => line !== '')];
}
