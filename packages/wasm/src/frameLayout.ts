import { isReduction, type Plan } from '@gradkit/core';
import { partialBytes } from './reductionCode.ts';

/*
 * Where a compiled plan finds its numbers. A frame is the part of memory that one plan works with over one set of leaves: a header of addresses,
 * a record for each leaf, a chunk for each run of entries, and arrays of numbers. This file knows the structure only, so one module serves
 * every set of leaves: nothing here depends on how many there are or how large.
 */

/** The fields of a leaf's record: 32-bit numbers at these offsets in bytes. The addresses of its state arrays follow. */
export const recordField = {
  /** Its place in the group. */
  position: 0,
  firstUnit: 4,
  period: 8,
  parameter: 12,
  update: 16,
  slots: 20,
} as const;

/** The fields of a chunk: a run of entries of one leaf. */
export const chunkField = {
  record: 0,
  /** Where it begins in its leaf, in bytes. */
  start: 4,
  entries: 8,
  /** Where its gradient begins: an address, since gradients may be copied to another place run by run. */
  gradient: 12,
  partials: 16,
} as const;
/** The bytes of a chunk. */
export const chunkBytes: number = 20;

/** Where the addresses are in a frame, as offsets in bytes. */
export interface FrameLayout {
  /** The bytes of the header. */
  readonly bytes: number;
  /** By node: where the header holds the address of its numbers, those of all leaves of its group. */
  readonly values: ReadonlyMap<number, number>;
  /** By node: where the header holds the address of the accumulators of a reduction over units. */
  readonly accumulators: ReadonlyMap<number, number>;
  /** By node: the offset of a reduction in the partial results of a chunk. */
  readonly partials: ReadonlyMap<number, number>;
  /** The bytes of the partial results of a chunk. */
  readonly partialBytes: number;
  /** By slot: where a leaf's record holds the address of its array. */
  readonly slots: ReadonlyMap<string, number>;
  readonly recordBytes: number;
}

/** Lays out the frame of a plan. */
export function frameLayout({ program }: Plan): FrameLayout {
  const header = createCounter(0);
  const record = createCounter(recordField.slots);
  const partial = createCounter(0);
  const values = new Map<number, number>();
  const accumulators = new Map<number, number>();
  const partials = new Map<number, number>();
  program.nodes.forEach((node, index) => {
    if (node.kind === 'leaf') return;
    values.set(index, header.take(4));
    const isOfEntries = node.inputs.some((input) => program.nodes[input]?.kind === 'leaf');
    if (!isReduction(node.operation) || !isOfEntries) return;
    if (node.operation.over === 'unit') accumulators.set(index, header.take(4));
    else partials.set(index, partial.take(partialBytes));
  });
  const slots = new Map<string, number>();
  for (const { name, kind } of program.slotSpecs) if (kind === 'leaf') slots.set(name, record.take(4));
  return {
    bytes: header.taken(),
    values,
    accumulators,
    partials,
    partialBytes: partial.taken(),
    slots,
    recordBytes: record.taken(),
  };
}

/** The next multiple of a power of two. */
export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function createCounter(start: number): { take(bytes: number): number; taken(): number } {
  let end = start;
  return {
    taken: () => end,
    take: (bytes) => {
      end += bytes;
      return end - bytes;
    },
  };
}
