import { noGroup, sizeOfShape, unitCount, type LeafSpec, type Plan, type SlotSpec } from '@gradkit/core';
import type { CompiledPlan } from './compilePlan.ts';
import { accumulatorBytes, chunkBytes, chunkField, recordField, roundUp, unitPeriod } from './frameLayout.ts';
import { required } from './required.ts';

/** How many entries of a leaf are computed at a time: their gradients stay in a core's second cache. */
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
  /** The addresses of the records, by leaf. */
  readonly records: ReadonlyMap<number, number>;
}

/** A frame in memory: what one compiled plan works with over one set of leaves. */
export interface PlanFrame {
  readonly compiled: CompiledPlan;
  readonly base: number;
  readonly groups: readonly GroupChunks[];
}

/** What a frame is written for. */
export interface FrameRequest {
  readonly plan: Plan;
  readonly compiled: CompiledPlan;
  readonly addresses: Addresses;
}

/** The bytes that a frame takes. */
export function frameBytes({ plan, compiled }: Omit<FrameRequest, 'addresses'>): number {
  return layOut(plan, compiled).bytes;
}

/** Writes a frame at an address. */
export function writeFrame(
  buffer: ArrayBufferLike,
  base: number,
  { plan, compiled, addresses }: FrameRequest,
): PlanFrame {
  const { program } = plan;
  const { layout } = compiled;
  const words = new Int32Array(buffer);
  const put = (address: number, value: number): void => void (words[address >>> 2] = value);
  const places = layOut(plan, compiled);

  for (const [slot, offset] of layout.slots)
    put(base + offset, required(addresses.slots.get(slot)?.get(noGroup)));
  const groups = program.groups.map((_, group): GroupChunks => {
    const recordLayout = required(layout.groups[group]);
    const place = required(places.groups[group]);
    put(base + recordLayout.begin, base + place.records);
    put(base + recordLayout.end, base + place.records + recordLayout.bytes * place.leaves.length);
    const records = new Map<number, number>();
    const chunks: Chunk[] = [];
    place.leaves.forEach((leafPlace, position) => {
      const { leaf, entries, units, period, chunkStarts } = leafPlace;
      const record = base + place.records + recordLayout.bytes * position;
      records.set(leaf, record);
      put(record + recordField.entries, entries);
      put(record + recordField.units, units);
      put(record + recordField.period, period);
      put(record + recordField.partials, base + place.partials + recordLayout.partialBytes * chunks.length);
      put(record + recordField.chunks, chunkStarts.length);
      put(record + recordField.parameter, required(addresses.parameters[leaf]));
      put(record + recordField.update, required(addresses.updates[leaf]));
      for (const [slot, offset] of recordLayout.slots)
        put(record + offset, addresses.slots.get(slot)?.get(leaf) ?? 0);
      for (const { offset, at } of leafPlace.arrays) put(record + offset, base + at);
      for (const { start, length } of chunkStarts) {
        const address = base + place.chunks + chunkBytes * chunks.length;
        put(address + chunkField.record, record);
        put(address + chunkField.start, 4 * start);
        put(address + chunkField.entries, length);
        put(address + chunkField.partials, base + place.partials + recordLayout.partialBytes * chunks.length);
        chunks.push({ leaf, start, entries: length, address });
      }
    });
    const begin = base + place.chunks;
    return { chunks, begin, end: begin + chunkBytes * chunks.length, records };
  });
  return { compiled, base, groups };
}

interface LeafPlace {
  readonly leaf: number;
  readonly entries: number;
  readonly units: number;
  readonly period: number;
  readonly chunkStarts: readonly { readonly start: number; readonly length: number }[];
  /** The arrays of its units: the field that holds the address, and the place in the frame. */
  readonly arrays: readonly { readonly offset: number; readonly at: number }[];
}

interface GroupPlace {
  readonly records: number;
  readonly chunks: number;
  readonly partials: number;
  readonly leaves: readonly LeafPlace[];
}

function layOut(
  { program }: Plan,
  { layout }: CompiledPlan,
): { readonly bytes: number; readonly groups: readonly GroupPlace[] } {
  let end = layout.bytes;
  const take = (bytes: number): number => {
    const at = roundUp(end, 16);
    end = at + bytes;
    return at;
  };
  const groups = program.groups.map((members, group): GroupPlace => {
    const recordLayout = required(layout.groups[group]);
    const hasUnits =
      recordLayout.accumulators.size > 0 ||
      Array.from(recordLayout.values.keys()).some((node) => program.nodes[node]?.kind === 'unit');
    const records = take(recordLayout.bytes * members.length);
    const leaves = members.map((leaf): LeafPlace => {
      const shape = program.leaves[leaf]?.shape ?? [];
      const entries = sizeOfShape(shape);
      const units = unitCount(shape);
      const period = hasUnits ? unitPeriod(units) : 0;
      const arrays = [
        ...Array.from(recordLayout.values, ([node, offset]) => ({
          offset,
          bytes: program.nodes[node]?.kind === 'unit' ? 4 * period : -1,
        })),
        ...Array.from(recordLayout.accumulators, ([node, offset]) => ({
          offset,
          bytes: period * accumulatorBytes(program.nodes[node]),
        })),
      ]
        .filter(({ bytes }) => bytes >= 0)
        .map(({ offset, bytes }) => ({ offset, at: take(bytes) }));
      const length = period === 0 ? chunkEntries : Math.ceil(chunkEntries / period) * period;
      return { leaf, entries, units, period, chunkStarts: chunksOf(entries, length), arrays };
    });
    const count = leaves.reduce((sum, { chunkStarts }) => sum + chunkStarts.length, 0);
    const chunks = take(chunkBytes * count);
    return { records, chunks, partials: take(recordLayout.partialBytes * count), leaves };
  });
  return { bytes: roundUp(end, 16), groups };
}

function chunksOf(entries: number, length: number): { start: number; length: number }[] {
  const chunks: { start: number; length: number }[] = [];
  for (let start = 0; start < entries; start += length)
    chunks.push({ start, length: Math.min(length, entries - start) });
  return chunks;
}

/** The most entries that a chunk of a leaf can have. */
export function largestChunk(leaves: readonly LeafSpec[]): number {
  const periods = leaves.map(({ shape }) => unitPeriod(unitCount(shape)));
  const lengths = periods.map((period) =>
    period === 0 ? chunkEntries : Math.ceil(chunkEntries / period) * period,
  );
  return lengths.reduce((a, b) => Math.max(a, b), chunkEntries);
}

/** The owners of a slot's arrays: leaves by number, or `noGroup` for what belongs to none. */
export function ownersOfSlot({ kind, leaves }: SlotSpec): readonly number[] {
  return kind === 'scalar' || kind === 'vector' ? [noGroup] : leaves;
}
