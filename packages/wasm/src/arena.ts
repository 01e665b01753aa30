import { sizeOfShape, slotLength, type Layout, type Memory, type SlotSpec } from '@gradkit/core';
import { roundUp } from './frameLayout.ts';
import { stageEntries } from './gradientStages.ts';
import { ownersOfSlot, unitsOf, type Addresses } from './planFrame.ts';
import { controlBytes } from './poolFields.ts';
import type { RunnerMemory } from './planRunner.ts';

const pageBytes = 65_536;
const mostPages = 65_536;
/** The size of a cache line: an array of its own begins on one. */
const alignment = 64;
/**
 * Between the arrays of one kind and of the next. Where a leaf's size is a power of two, its parameters, gradients and moments would all begin
 * at the same place in a page, and the cores' caches and the memory's banks slow down over such addresses: by a fifth here.
 */
const stagger = 17 * alignment;
/** Room for what plans keep of a unit: a dozen numbers and as many sums. */
const bytesOfUnit = 256;

/** A memory of its own for one session: parameters, state, gradients and updates one behind the other, and room for plans. */
export interface Arena extends RunnerMemory {
  /** The address of a block that threads are told what to do in. */
  readonly control: number;
  readonly views: Memory;
  readonly addresses: Addresses & { readonly gradients: readonly number[] };
  /** Where threads find gradients that lie elsewhere; the views of `views.gradients` are the user's. Empty for one thread. */
  readonly staged: { readonly values: readonly Float32Array[]; readonly addresses: readonly number[] };
}

/**
 * Makes an arena. All of its memory is there from the start, because growing it would detach the arrays that have been handed out; what is
 * never written to (gradients that come from elsewhere, updates that are applied) takes addresses, but no memory.
 *
 * @throws {RangeError} if it does not fit into the four gigabytes that WebAssembly can address.
 */
export function createArena({ leaves, slots }: Layout, { threads }: { threads: number }): Arena {
  const isShared = threads > 1;
  const control = alignment;
  // Address 0 is left alone, so that no array begins there.
  let end = control + roundUp(controlBytes(threads), alignment);
  const take = (entries: number): number => {
    const address = end;
    end = roundUp(address + 4 * entries, alignment);
    return address;
  };
  const arrays = (): number[] => {
    end += stagger;
    return leaves.map(({ shape }) => take(sizeOfShape(shape)));
  };
  const parameters = arrays();
  const eachSlot = <T>(call: (slot: SlotSpec, leaf: number) => T): Map<string, Map<number, T>> =>
    new Map(
      slots.map((slot) => [slot.name, new Map(ownersOfSlot(slot).map((leaf) => [leaf, call(slot, leaf)]))]),
    );
  const lengthOf = (slot: SlotSpec, leaf: number): number => slotLength(slot, leaves[leaf]?.shape);
  const state = eachSlot((slot, leaf) => {
    if (leaf === ownersOfSlot(slot)[0]) end += stagger;
    return take(roundUp(lengthOf(slot, leaf), 4));
  });
  const gradients = arrays();
  const updates = arrays();
  const staged = isShared ? arrays() : [];
  const plansBegin = roundUp(end, pageBytes);
  const least = plansBegin + 2 ** 18 + 4_096 * leaves.length + 4 * stageEntries(leaves) + end / 64;
  // Room for many plans, as far as there is any: what is not used is no memory.
  const pages = Math.min(Math.ceil((least + end / 2 + bytesOfUnit * unitsOf(leaves)) / pageBytes), mostPages);
  if (least > mostPages * pageBytes) {
    throw new RangeError(
      `These parameters and their state take ${Math.ceil(end / 2 ** 20)} MiB, and a WebAssembly memory holds 4,096 MiB. ` +
        `Share the parameters out to several steppers or optimizers.`,
    );
  }
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: isShared });
  const { buffer } = memory;
  const viewsOf = (addresses: readonly number[]): Float32Array[] =>
    addresses.map(
      (address, leaf) => new Float32Array(buffer, address, sizeOfShape(leaves[leaf]?.shape ?? [])),
    );
  let used = plansBegin;
  return {
    control,
    memory,
    isShared,
    views: {
      parameters: viewsOf(parameters),
      gradients: viewsOf(gradients),
      updates: viewsOf(updates),
      slots: eachSlot(
        (slot, leaf) => new Float32Array(buffer, state.get(slot.name)?.get(leaf), lengthOf(slot, leaf)),
      ),
    },
    addresses: { parameters, gradients, updates, slots: state },
    staged: { values: viewsOf(staged), addresses: staged },
    allocate: (bytes) => {
      const address = roundUp(used, alignment);
      if (address + bytes > pages * pageBytes) return undefined;
      used = address + bytes;
      return address;
    },
    releaseAll: () => {
      used = plansBegin;
    },
  };
}
