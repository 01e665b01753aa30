import { isReduction, noGroup, type Plan, type ProgramNode } from '@gradkit/core';
import { partialBytes, reductionCode, unitAccumulatorBytes, type Reduction } from './reductionCode.ts';
import { powerAccumulatorBytes } from './transcendentalCode.ts';

/*
 * Where a compiled plan finds its numbers. A frame is the part of memory that one plan works with over one set of leaves: a header, a record
 * for each leaf, a chunk for each run of entries, and what belongs to units. This file knows the structure only, so one module serves every
 * set of leaves: nothing here depends on how many there are or how large.
 */

/** The fields of a leaf's record: 32-bit numbers at these offsets in bytes. */
export const recordField = {
  entries: 0,
  units: 4,
  period: 8,
  /** Where the partial results of its chunks begin, and how many chunks there are. */
  partials: 12,
  chunks: 16,
  parameter: 20,
  update: 24,
} as const;
const recordFieldsEnd = 28;

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

/** The offsets of what belongs to each leaf of a group. */
interface RecordLayout {
  readonly bytes: number;
  /** Addresses of the state: arrays, numbers and units of the leaf. */
  readonly slots: ReadonlyMap<string, number>;
  /** By node: a number of the leaf, in place, or the address of one number for each unit. */
  readonly values: ReadonlyMap<number, number>;
  /** By node: the address of the accumulators of a reduction over units. */
  readonly accumulators: ReadonlyMap<number, number>;
  /** By node: the offset of a reduction in the partial results of a chunk. */
  readonly partials: ReadonlyMap<number, number>;
  readonly partialBytes: number;
}

/** The offsets in the header, and the records of each group. */
export interface FrameLayout {
  readonly bytes: number;
  /** The host's numbers, by name. */
  readonly scalarInputs: ReadonlyMap<string, number>;
  /** Addresses of the state that is one number or a history. */
  readonly slots: ReadonlyMap<string, number>;
  /** By node: one number or a history, in place. */
  readonly values: ReadonlyMap<number, number>;
  /** By node: an accumulator of powers. */
  readonly powers: ReadonlyMap<number, number>;
  readonly groups: readonly (RecordLayout & { readonly begin: number; readonly end: number })[];
}

/** Lays out the frame of a plan. */
export function frameLayout(plan: Plan): FrameLayout {
  const { program } = plan;
  const { nodes } = program;
  const header = allocator(0);
  const stored = storedNodes(plan);

  const scalarInputs = new Map<string, number>();
  const powers = new Map<number, number>();
  for (const { operation } of nodes) {
    if (operation.op === 'scalarInput' && !scalarInputs.has(operation.name))
      scalarInputs.set(operation.name, header.take(4));
  }
  nodes.forEach((node, index) => {
    if (isReduction(node.operation) && reductionCode(node.operation).kind === 'power')
      powers.set(index, header.take(powerAccumulatorBytes));
  });
  const values = new Map<number, number>();
  for (const index of stored) {
    const node = nodes[index];
    if (node?.group === noGroup) values.set(index, header.take(4 * roundUp(node.length, 4)));
  }
  const ownSlots = slotsUsed(plan);
  const slots = new Map<string, number>();
  for (const slot of program.slotSpecs) {
    const isShared = slot.kind === 'scalar' || slot.kind === 'vector';
    if (isShared && ownSlots.has(slot.name)) slots.set(slot.name, header.take(4));
  }
  const groups = program.groups.map((_, group) => ({
    begin: header.take(4),
    end: header.take(4),
    ...recordLayout(plan, { group, stored, ownSlots }),
  }));
  return { bytes: roundUp(header.bytes, 16), scalarInputs, slots, values, powers, groups };
}

function recordLayout(
  { program, passes }: Plan,
  { group, stored, ownSlots }: { group: number; stored: ReadonlySet<number>; ownSlots: ReadonlySet<string> },
): RecordLayout {
  const record = allocator(recordFieldsEnd);
  const slots = new Map<string, number>();
  for (const { name, kind } of program.slotSpecs) {
    const isShared = kind === 'scalar' || kind === 'vector';
    if (!isShared && ownSlots.has(name)) slots.set(name, record.take(4));
  }
  const values = new Map<number, number>();
  for (const index of stored) {
    if (program.nodes[index]?.group === group) values.set(index, record.take(4));
  }
  const accumulators = new Map<number, number>();
  const partials = new Map<number, number>();
  let partialSize = 0;
  for (const pass of passes) {
    const partial = allocator(0);
    const sweep = pass.sweeps.find((candidate) => candidate.group === group);
    for (const { reduction } of sweep?.reductions ?? []) {
      const operation = reductionOf(program.nodes[reduction]);
      if (operation === undefined) continue;
      if (operation.over === 'unit') accumulators.set(reduction, record.take(4));
      else partials.set(reduction, partial.take(partialBytes(reductionCode(operation))));
    }
    partialSize = Math.max(partialSize, partial.bytes);
  }
  return { bytes: record.bytes, slots, values, accumulators, partials, partialBytes: partialSize };
}

/** The operation of a node that reduces. */
export function reductionOf(node: ProgramNode | undefined): Reduction | undefined {
  return node !== undefined && isReduction(node.operation) ? node.operation : undefined;
}

/** The nodes that are kept in the frame: all that are no arrays. */
function storedNodes({ passes, after }: Plan): ReadonlySet<number> {
  return new Set([
    ...passes.flatMap(({ before, sweeps }) => [
      ...before,
      ...sweeps.flatMap(({ reductions }) => reductions.map(({ reduction }) => reduction)),
    ]),
    ...after,
  ]);
}

function slotsUsed({ program }: Plan): ReadonlySet<string> {
  return new Set([
    ...program.nodes.flatMap(({ operation }) => (operation.op === 'slot' ? [operation.slot] : [])),
    ...program.slots.map(({ slot }) => slot),
  ]);
}

/** How many entries of a leaf go by until its units are at the start of a vector again, at least 64 so that loops are long enough. */
export function unitPeriod(units: number): number {
  if (units === 0) return 0;
  let period = units;
  while (period % 4 !== 0 || period < 64) period += units;
  return period;
}

/** The bytes of the accumulators of one unit. */
export function accumulatorBytes(node: ProgramNode | undefined): number {
  const operation = reductionOf(node);
  return operation === undefined ? 0 : unitAccumulatorBytes(reductionCode(operation));
}

/** The next multiple of a power of two. */
export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function allocator(start: number): { readonly bytes: number; take(bytes: number): number } {
  let end = start;
  return {
    get bytes() {
      return end;
    },
    take: (bytes) => {
      end += bytes;
      return end - bytes;
    },
  };
}
