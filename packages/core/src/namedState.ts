import { unknownNameMessage } from './checkOptionNames.ts';
import { TreeMismatchError } from './errors.ts';
import type { LeafSpec } from './gradientTransform.ts';
import type { SlotSpec } from './program.ts';
import { describeArray, requireNamed } from './stepperArguments.ts';
import { noGroup } from './symbolicTensor.ts';

/**
 * A state by name: `path/slot` for one number or a history, `path/slot/leaf` for what belongs to a leaf, whose name may hold any
 * character; and `step`, the steps taken so far.
 */
export type NamedState = Record<string, Float32Array | Int32Array>;

interface StateMemory {
  readonly leaves: readonly LeafSpec[];
  readonly slots: readonly SlotSpec[];
  readonly memory: ReadonlyMap<string, ReadonlyMap<number, Float32Array>>;
  readonly step: number;
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
export function readState({ leaves, slots, memory, step }: StateMemory): NamedState {
  const state: NamedState = { step: Int32Array.of(step) };
  for (const { name, slot, leaf } of stateEntries(slots, leaves)) {
    const array = memory.get(slot.name)?.get(leaf);
    if (array !== undefined) state[name] = array.slice();
  }
  return state;
}

/** Copies a state into memory, all of it or, if anything does not fit, nothing; gives the step to go on with. */
export function writeState({ leaves, slots, memory }: StateMemory, state: NamedState): number {
  requireNamed('setState takes arrays', state);
  const entries = stateEntries(slots, leaves);
  const known = new Set(['step', ...entries.map(({ name }) => name)]);
  for (const name of Object.keys(state)) {
    if (!known.has(name)) {
      throw new TreeMismatchError(unknownNameMessage('This transform keeps no state', name, [...known]), {
        leaf: name,
      });
    }
  }
  const step = state['step']?.length === 1 ? state['step'][0] : undefined;
  // It has to fit into the Int32Array of getState.
  if (step === undefined || step < 0 || (step | 0) !== step) {
    throw new TreeMismatchError(`The state has no "step" of one whole number. Pass all that getState gave.`, {
      leaf: 'step',
    });
  }
  const copies = entries.map(({ name, slot, leaf }) => {
    const target = memory.get(slot.name)?.get(leaf);
    const source: unknown = Object.hasOwn(state, name) ? state[name] : undefined;
    if (target !== undefined && source instanceof Float32Array && source.length === target.length)
      return { target, source };
    throw new TreeMismatchError(
      `The state ${JSON.stringify(name)} ${describeArray(source)}; it must be a Float32Array of ${target?.length ?? 0} values. ` +
        `Pass all that getState gave, for the same transform and the same parameters.`,
      { leaf: name },
    );
  });
  for (const { target, source } of copies) target.set(source);
  return step;
}
