import { unknownNameMessage } from './checkOptionNames.ts';
import { TreeMismatchError } from './errors.ts';
import type { LeafSpec } from './gradientTransform.ts';
import {
  reassignHyperparameters,
  type AssignedHyperparameters,
  type Hyperparameters,
} from './hyperparameters.ts';
import type { SlotSpec } from './program.ts';
import { describeArray, requireNamed } from './stepperArguments.ts';
import { noGroup } from './symbolicTensor.ts';

/**
 * A state by name: `path/slot` for one number or a history, `path/slot/leaf` for what belongs to a leaf, whose name may hold any
 * character; `step`, the steps taken so far; and `hyperparameters`, what was assigned to some of them, if anything was.
 *
 * `saveState` writes it to bytes, `stateToJSON` to JSON.
 */
export interface NamedState {
  readonly [slot: `${string}/${string}`]: Float32Array;
  readonly step: Int32Array;
  readonly hyperparameters?: AssignedHyperparameters;
}

/** The arrays of a state by name, `step` among them. */
export function stateArrays(state: NamedState): [string, Float32Array | Int32Array][] {
  return Object.entries(state).flatMap(([name, value]): [string, Float32Array | Int32Array][] =>
    value instanceof Float32Array || value instanceof Int32Array ? [[name, value]] : [],
  );
}

interface StateMemory {
  readonly leaves: readonly LeafSpec[];
  readonly slots: readonly SlotSpec[];
  readonly memory: ReadonlyMap<string, ReadonlyMap<number, Float32Array>>;
}

/** Every array of a state with its slot, its leaf's number (or `noGroup`) and its name. */
export function stateEntries(
  slots: readonly SlotSpec[],
  leaves: readonly LeafSpec[],
): { readonly name: string; readonly slot: SlotSpec; readonly leaf: number }[] {
  return slots.flatMap((slot) => {
    if (slot.kind === 'scalar' || slot.kind === 'vector') return [{ name: slot.name, slot, leaf: noGroup }];
    return slot.leaves.map((leaf) => ({ name: `${slot.name}/${leaves[leaf]?.name ?? ''}`, slot, leaf }));
  });
}

/** Copies a state out of memory. */
export function readState(
  { leaves, slots, memory }: StateMemory,
  { step, assigned }: { step: number; assigned: AssignedHyperparameters },
): NamedState {
  const arrays = stateEntries(slots, leaves).flatMap(({ name, slot, leaf }): [string, Float32Array][] => {
    const array = memory.get(slot.name)?.get(leaf);
    return array === undefined ? [] : [[name, array.slice()]];
  });
  const whole = { step: Int32Array.of(step), ...Object.fromEntries(arrays) };
  return Object.keys(assigned).length === 0 ? whole : { ...whole, hyperparameters: assigned };
}

/**
 * Copies a state into memory, all of it or, if anything does not fit, nothing; gives the step to go on with. Hyperparameters to which
 * nothing was assigned are again what the transform was made with.
 */
export function writeState(
  { leaves, slots, memory }: StateMemory,
  hyperparameters: Hyperparameters,
  state: NamedState,
): number {
  requireNamed('setState takes arrays', state);
  const entries = stateEntries(slots, leaves);
  const known = new Set<string>(['step', 'hyperparameters', ...entries.map(({ name }) => name)]);
  for (const name of Object.keys(state)) {
    if (!known.has(name)) {
      throw new TreeMismatchError(unknownNameMessage('This transform keeps no state', name, [...known]), {
        leaf: name,
      });
    }
  }
  const step = stepOf(state);
  const arrays = new Map<string, unknown>(Object.entries(state));
  const copies = entries.map(({ name, slot, leaf }) => {
    const target = memory.get(slot.name)?.get(leaf);
    const source = arrays.get(name);
    if (target !== undefined && source instanceof Float32Array && source.length === target.length)
      return { target, source };
    throw new TreeMismatchError(
      `The state ${JSON.stringify(name)} ${describeArray(source)}; it must be a Float32Array of ${target?.length ?? 0} values. ` +
        `Pass all that getState gave, for the same transform and the same parameters.`,
      { leaf: name },
    );
  });
  reassignHyperparameters(
    hyperparameters,
    Object.hasOwn(state, 'hyperparameters') ? state.hyperparameters : {},
  );
  for (const { target, source } of copies) target.set(source);
  return step;
}

/** The steps that a state has taken. @throws {TreeMismatchError} if it does not say so. */
export function stepOf(state: { readonly step?: unknown }): number {
  const given: unknown = Object.hasOwn(state, 'step') ? state.step : undefined;
  const isArray = given instanceof Int32Array || given instanceof Float32Array;
  const step = isArray && given.length === 1 ? given[0] : undefined;
  // It has to fit into the Int32Array of getState.
  if (step !== undefined && step >= 0 && (step | 0) === step) return step;
  const isFromJSON = typeof given === 'object' && given !== null && !ArrayBuffer.isView(given);
  throw new TreeMismatchError(
    `The state has no "step" of one whole number. ` +
      (isFromJSON
        ? `It has been through JSON.stringify, which does not keep arrays of numbers: write it with saveState or stateToJSON, and read it with loadState or stateFromJSON.`
        : `Pass all that getState gave.`),
    { leaf: 'step' },
  );
}
