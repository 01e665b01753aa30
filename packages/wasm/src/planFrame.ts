import {
  groupLayouts,
  noGroup,
  numberCount,
  unitCount,
  type GroupLayout,
  type LeafSpec,
  type Plan,
  type SlotSpec,
} from '@gradkit/core';
import type { CompiledPlan } from './compilePlan.ts';
import { chunkBytes, chunkField, recordField, roundUp, type FrameLayout } from './frameLayout.ts';
import { accumulatorBytes, reductionCode, reductionOf } from './reductionCode.ts';
import { required } from './required.ts';

/** How many entries of a leaf a thread takes at a time, and how many are added up before their sums are. */
const chunkEntries = 16_384;

/** Where the arrays of a session lie, by leaf; a scalar or a vector of the state is under `noGroup`. */
export interface Addresses {
  readonly parameters: readonly number[];
  readonly updates: readonly number[];
  readonly slots: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** A run of entries of one leaf. */
export interface Chunk {
  readonly leaf: number;
  /** The entry at which it begins. */
  readonly start: number;
  readonly entries: number;
  readonly address: number;
}

/** The chunks of one group, one behind the other. */
export interface GroupChunks {
  readonly chunks: readonly Chunk[];
  readonly begin: number;
  readonly end: number;
}

/** What belongs to one group of leaves. */
interface GroupFrame extends GroupChunks {
  /** The address of the first leaf's record. */
  readonly records: number;
  /** The address of the first chunk's partial results. */
  readonly partials: number;
  /** For each leaf: the first of its chunks and the one after its last. */
  readonly leafChunks: readonly {
    readonly position: number;
    readonly begin: number;
    readonly end: number;
    readonly entries: number;
  }[];
}

/** Chunks of numbers instead of entries: one for each leaf's units, or one in all. */
interface NumberChunks {
  readonly begin: number;
  readonly end: number;
  readonly group: number;
  /** The entries of the only chunk; undefined for units. */
  readonly entries: number | undefined;
}

/** A frame in memory: what one compiled plan works with over one set of leaves. */
export interface PlanFrame {
  readonly layout: FrameLayout;
  readonly base: number;
  readonly end: number;
  /** The addresses of numbers and of accumulators, by node. */
  readonly values: ReadonlyMap<number, number>;
  readonly accumulators: ReadonlyMap<number, number>;
  readonly groups: readonly GroupFrame[];
  /** The chunks of numbers, by the name of the function that computes them. */
  readonly numbers: ReadonlyMap<string, NumberChunks>;
  layoutOf(group: number): GroupLayout;
}

/** Lays out a frame from an address on. */
export function placeFrame({ program }: Plan, compiled: CompiledPlan, base: number): PlanFrame {
  const { layout } = compiled;
  const { nodes } = program;
  const withUnits = new Set(nodes.flatMap(({ kind, group }) => (kind === 'unit' ? [group] : [])));
  const layoutOf = groupLayouts(program, ({ units, size, group }) =>
    withUnits.has(group) ? Math.min(unitPeriod(units), Math.max(units, size)) : 0,
  );
  let end = base + layout.bytes;
  const take = (bytes: number): number => {
    const address = roundUp(end, 16);
    end = address + bytes;
    return address;
  };
  const takeArrays = (
    indices: Iterable<number>,
    bytesOf: (index: number, layout: GroupLayout) => number,
  ): ReadonlyMap<number, number> =>
    new Map(
      Array.from(indices, (index) => [index, take(bytesOf(index, layoutOf(required(nodes[index]).group)))]),
    );
  const values = takeArrays(layout.values.keys(), (index, group) =>
    roundUp(4 * numberCount(required(nodes[index]), group), 16),
  );
  const accumulators = takeArrays(
    layout.accumulators.keys(),
    (index, { units }) => units * accumulatorBytes(reductionCode(required(reductionOf(nodes[index])))),
  );
  const groups = program.groups.map((_, group): GroupFrame => {
    const { leaves } = layoutOf(group);
    const records = take(layout.recordBytes * leaves.length);
    const begin = take(0);
    const chunks: Chunk[] = [];
    const leafChunks = leaves.map(({ leaf, position, size, period }) => {
      const first = chunks.length;
      const length = chunkLength(period);
      for (let start = 0; start < size; start += length) {
        const address = begin + chunkBytes * chunks.length;
        chunks.push({ leaf, start, entries: Math.min(length, size - start), address });
      }
      return { position, begin: first, end: chunks.length, entries: size };
    });
    take(chunkBytes * chunks.length);
    const partials = take(layout.partialBytes * chunks.length);
    return { chunks, begin, end: begin + chunkBytes * chunks.length, records, partials, leafChunks };
  });
  const runs = [...compiled.passes.flatMap(({ before }) => before), ...compiled.after];
  const numbers = new Map<string, NumberChunks>();
  for (const { name, nodes: run } of runs) {
    if (name === undefined) continue;
    const node = required(nodes[run[0] ?? 0]);
    const own = layoutOf(node.group);
    const isOfUnits = node.kind === 'unit';
    const bytes = chunkBytes * (isOfUnits ? own.leaves.length : 1);
    const begin = take(bytes);
    const entries = isOfUnits ? undefined : numberCount(node, own);
    numbers.set(name, { begin, end: begin + bytes, group: node.group, entries });
  }
  return { layout, base, end, values, accumulators, groups, numbers, layoutOf };
}

/** Writes a frame to where it was laid out. */
export function writeFrame(words: Int32Array, frame: PlanFrame, addresses: Addresses): void {
  const { layout, base, groups, layoutOf } = frame;
  const put = (address: number, value: number): void => void (words[address >>> 2] = value);
  const putAll = (offsets: ReadonlyMap<number, number>, places: ReadonlyMap<number, number>): void => {
    for (const [node, offset] of offsets) put(base + offset, required(places.get(node)));
  };
  putAll(layout.values, frame.values);
  putAll(layout.accumulators, frame.accumulators);
  groups.forEach(({ chunks, records, partials, leafChunks }, group) => {
    layoutOf(group).leaves.forEach(({ leaf, position, firstUnit, period }) => {
      const record = records + layout.recordBytes * position;
      put(record + recordField.position, position);
      put(record + recordField.firstUnit, firstUnit);
      put(record + recordField.period, period);
      put(record + recordField.parameter, required(addresses.parameters[leaf]));
      put(record + recordField.update, required(addresses.updates[leaf]));
      for (const [slot, offset] of layout.slots)
        put(record + offset, addresses.slots.get(slot)?.get(leaf) ?? 0);
      const own = required(leafChunks[position]);
      for (let index = own.begin; index < own.end; index++) {
        const { address, start, entries } = required(chunks[index]);
        put(address + chunkField.record, record);
        put(address + chunkField.start, 4 * start);
        put(address + chunkField.entries, entries);
        put(address + chunkField.partials, partials + layout.partialBytes * index);
      }
    });
  });
  for (const { begin, group, entries } of frame.numbers.values()) {
    if (entries !== undefined) put(begin + chunkField.entries, entries);
    else {
      layoutOf(group).leaves.forEach(({ period }, position) => {
        const chunk = begin + chunkBytes * position;
        put(chunk + chunkField.record, required(groups[group]).records + layout.recordBytes * position);
        put(chunk + chunkField.entries, period);
      });
    }
  }
}

/** How many entries of a leaf go by until its units are at the start of a vector again, at least 64 so that loops are long enough. */
function unitPeriod(units: number): number {
  if (units === 0) return 0;
  let period = units;
  while (period % 4 !== 0 || period < 64) period += units;
  return period;
}

/** The entries of a chunk of a leaf whose units come again after a period. */
function chunkLength(period: number): number {
  return period === 0 ? chunkEntries : Math.ceil(chunkEntries / period) * period;
}

/** How many units some leaves have, each as often as it is kept. */
export function unitsOf(leaves: readonly LeafSpec[]): number {
  return leaves.reduce((sum, { shape }) => sum + unitPeriod(unitCount(shape)), 0);
}

/** The most entries that a chunk of a leaf can have. */
export function largestChunk(leaves: readonly LeafSpec[]): number {
  const lengths = leaves.map(({ shape }) => chunkLength(unitPeriod(unitCount(shape))));
  return lengths.reduce((a, b) => Math.max(a, b), chunkEntries);
}

/** The owners of a slot's arrays: leaves by number, or `noGroup` for what belongs to none. */
export function ownersOfSlot({ kind, leaves }: SlotSpec): readonly number[] {
  return kind === 'scalar' || kind === 'vector' ? [noGroup] : leaves;
}
