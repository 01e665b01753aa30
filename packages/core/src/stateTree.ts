import { logicalAnd, where } from './algebra.ts';
import { describeValue, isPlainObject } from './checkOptionNames.ts';
import { InvalidOptionError } from './errors.ts';
import { reductionExpression, broadcastExpression, type Expression } from './expression.ts';
import type { StateTree } from './gradientTransform.ts';
import {
  isSymbolicTensor,
  noGroup,
  symbolicTensor,
  type Kind,
  type Leaf,
  type Mask,
  type SymbolicTensor,
} from './symbolicTensor.ts';

/** A float32 tensor of any kind. */
export type StateTensor = SymbolicTensor<Kind, 'float32'>;

/** Calls a function on each tensor of a state, with the slot's name, and builds the same tree of the results. */
export function mapState(
  state: StateTree,
  call: (tensor: StateTensor, slot: string) => StateTensor,
  slot = '',
): StateTree {
  if (isStateTensor(state)) return call(state, slot);
  const within = (key: string): string => (slot === '' ? key : `${slot}.${key}`);
  if (isStateArray(state)) return state.map((part, index) => mapState(part, call, within(String(index))));
  if (typeof state !== 'object' || state === null) {
    throw new InvalidOptionError(
      `A state holds symbolic tensors in plain objects and arrays, but ${slot === '' ? 'it' : `"${slot}"`} is ${describeState(state)}. ` +
        `Write scalar(0) for one number, zerosLike(params) for an array for each leaf.`,
    );
  }
  return Object.fromEntries(
    Object.entries(state).map(([key, part]) => [key, mapState(part, call, within(key))]),
  );
}

/**
 * Calls a function on the tensors of two states at the same places.
 *
 * @throws {InvalidOptionError} if they have not the same slots of the same kinds, naming the first that differs.
 */
export function zipStates(
  { owner, slot = '' }: { owner: string; slot?: string },
  [before, after]: readonly [StateTree, StateTree],
  call: (before: StateTensor, after: StateTensor) => StateTensor,
): StateTree {
  const [was, is] = [describeState(before), describeState(after)];
  if (was !== is) {
    throw new InvalidOptionError(
      `${owner}: the state${slot === '' ? '' : `'s "${slot}"`} was ${was} and has become ${is}. ` +
        `update must return a state with the slots and kinds that init returned.`,
    );
  }
  if (isStateTensor(before) && isStateTensor(after)) return call(before, after);
  const members = new Map(Object.entries(after));
  const parts = Object.entries(before).map(([key, part]): [string, StateTree] => [
    key,
    zipStates({ owner, slot: slot === '' ? key : `${slot}.${key}` }, [part, members.get(key) ?? {}], call),
  ]);
  return isStateArray(before) ? parts.map(([, part]) => part) : Object.fromEntries(parts);
}

/** What a part of a state is, for a message: `a float32 leaf`, `a list of 2`, `{ count, mean }`. */
export function describeState(state: unknown): string {
  if (isSymbolicTensor(state)) return `a ${state.__symbolic.dtype} ${state.__symbolic.kind}`;
  if (Array.isArray(state)) return `a list of ${state.length}`;
  return isPlainObject(state) ? `{ ${Object.keys(state).toSorted().join(', ')} }` : describeValue(state);
}

/** The part of a state that belongs to some groups of leaves; scalars and vectors belong to all. */
export function restrictState(state: StateTree, groups: ReadonlySet<number>): StateTree {
  return mapState(state, (tensor) => restrictTensor(tensor, groups));
}

/** The pieces of a tensor for some groups of leaves. */
export function restrictTensor<T extends SymbolicTensor>(tensor: T, groups: ReadonlySet<number>): T;
export function restrictTensor(tensor: SymbolicTensor, groups: ReadonlySet<number>): SymbolicTensor {
  if (tensor.pieces.has(noGroup)) return tensor;
  const { kind, dtype } = tensor.__symbolic;
  const kept = Array.from(tensor.pieces).filter(([group]) => groups.has(group));
  return kept.length === tensor.pieces.size ? tensor : symbolicTensor(kind, dtype, new Map(kept));
}

/** `tensor` with the pieces of `newer` in place of its own, where there are some. */
export function overlayTensor<T extends SymbolicTensor>(tensor: T, newer: T): T;
export function overlayTensor(tensor: SymbolicTensor, newer: SymbolicTensor): SymbolicTensor {
  const { kind, dtype } = tensor.__symbolic;
  // The groups stay in their own order, so that sums are taken in the order of the leaves.
  const merged = [...tensor.pieces, ...newer.pieces].map(([group]) => group);
  const pieces = new Map<number, Expression>();
  for (const group of [...new Set(merged)].toSorted((a, b) => a - b)) {
    const piece = newer.pieces.get(group) ?? tensor.pieces.get(group);
    if (piece !== undefined) pieces.set(group, piece);
  }
  return symbolicTensor(kind, dtype, pieces);
}

/**
 * `after` where the step happens, `before` where it is held. A number for all leaves is held when every one of `groups` is.
 */
export function holdState(
  hold: Mask<'leafScalar'>,
  states: { owner: string; before: StateTree; after: StateTree; groups: ReadonlySet<number> },
): StateTree {
  const everyLeaf = heldEverywhere(hold, states.groups);
  return zipStates(states, [states.before, states.after], (before, after) => {
    if (Object.is(before, after)) return before;
    if (before.pieces.has(noGroup)) return everyLeaf === undefined ? after : where(everyLeaf, before, after);
    return overlayHeld(hold, before, after);
  });
}

/** `held` where a step is held, `free` elsewhere. */
export function overlayHeld(hold: Mask<'leafScalar'>, held: Leaf | number, free: Leaf): Leaf;
export function overlayHeld(hold: Mask<'leafScalar'>, held: StateTensor, free: StateTensor): StateTensor;
export function overlayHeld(
  hold: Mask<'leafScalar'>,
  held: StateTensor | number,
  free: StateTensor,
): StateTensor {
  const groups = new Set(Array.from(hold.pieces.keys()).filter((group) => free.pieces.has(group)));
  if (groups.size === 0) return free;
  const within = typeof held === 'number' ? held : restrictTensor(held, groups);
  const selected: StateTensor = where(restrictTensor(hold, groups), within, restrictTensor(free, groups));
  return overlayTensor(free, selected);
}

/** Whether all leaves of `groups` are held; undefined if some never are. */
function heldEverywhere(hold: Mask<'leafScalar'>, groups: ReadonlySet<number>): Mask<'scalar'> | undefined {
  const all: Expression[] = [];
  const perLeaf: Expression[] = [];
  for (const group of groups) {
    const piece = hold.pieces.get(group);
    if (piece === undefined) return undefined;
    if (piece.kind === 'scalar') all.push(piece);
    else perLeaf.push(broadcastExpression(piece, { kind: 'leafScalar', group, length: 1 }));
  }
  if (perLeaf.length > 0) all.push(reductionExpression({ op: 'all', over: 'leaves' }, perLeaf, noGroup));
  const [first, ...others] = all.map((piece): Mask<'scalar'> =>
    symbolicTensor('scalar', 'bool', new Map([[noGroup, piece]])),
  );
  return first === undefined ? undefined : others.reduce((a, b) => logicalAnd(a, b), first);
}

function isStateTensor(state: unknown): state is StateTensor {
  return isSymbolicTensor(state) && state.__symbolic.dtype === 'float32';
}

function isStateArray(state: unknown): state is readonly StateTree[] {
  return Array.isArray(state);
}
