import { sizeInLeaf, sizeOfShape, unitCount, type Kernel, type Layout, type Plan } from '@gradkit/core';
import type { Arena, Segment } from './segments.ts';
import { shapeOfPlan, wordsOf, type PlanShape } from './shaderLayout.ts';
import { groupWords, leafWords, segmentWords } from './wgslLibrary.ts';
import {
  accessOf,
  scratchCounts,
  touchesState,
  writeBeforeShader,
  writeCommitShader,
  writeSweepShader,
  type Shader,
  type ShaderSetting,
} from './writeShader.ts';

/** One dispatch: a shader over some segments, or one workgroup that computes numbers. */
export interface Dispatch {
  readonly shader: Shader;
  /** For people: which part of the plan it is. */
  readonly pass: string;
  /** Segments that are bound by themselves, in the order of the shader's slots. */
  readonly bound: readonly Segment[];
  /** Segments that lie in the arena. */
  readonly packed: readonly Segment[];
  /** Which buffer of the arena is bound. */
  readonly chunk: number;
  readonly workgroups: number;
  /** The uniform that describes it, by the names of `batchFields`. Places in `small` are relative to the plan's own region. */
  readonly batch: ReadonlyMap<string, number>;
}

/** A plan, cut into dispatches, with the tables that they read. */
export interface DeviceProgram {
  readonly shape: PlanShape;
  readonly dispatches: readonly Dispatch[];
  /** The tables, at the start of the plan's region of `small`. */
  readonly tables: Uint32Array<ArrayBuffer>;
  /** The words of the region. */
  readonly words: number;
  /** Where the reports lie in the region, and how many words they take. */
  readonly reports: { readonly at: number; readonly length: number };
  /** Whether a step writes small state, so that its two banks change places. */
  readonly writesSmallState: boolean;
}

/** What a device lets a dispatch have. */
export interface DispatchLimits {
  readonly storageBuffers: number;
  readonly workgroups: number;
}

/** The most tiles that a segment is cut into: each is a workgroup, and leaves a partial result that later workgroups fold in. */
const mostTiles = 64;
const entriesPerLane = 4;

/** Cuts a plan into dispatches: as many leaves in each as the device can bind, and all packed ones beside them. */
export function writeDeviceProgram(
  plan: Plan,
  from: { layout: Layout; arena: Arena; setting: ShaderSetting; limits: DispatchLimits },
): DeviceProgram {
  const { layout, arena, setting, limits } = from;
  const shape = shapeOfPlan(plan);
  const { program } = plan;
  const { passes } = shape;
  const counts = countsOf(layout);
  const tables = tableWriter();
  const segmentsOf = new Map<number, Segment[]>();
  for (const segment of arena.segments)
    segmentsOf.set(segment.leaf, [...(segmentsOf.get(segment.leaf) ?? []), segment]);

  const order: number[] = [];
  const firstTiles = new Map<Segment, number>();
  const unitTilesOf = new Map<Segment, number>();
  const leafTable = layout.leaves.map(({ shape: of }, leaf) => [
    0,
    0,
    sizeOfShape(of),
    unitCount(of),
    counts.firstUnits[leaf] ?? 0,
    0,
  ]);
  let tiles = 0;
  let unitTiles = 0;
  const groupTable = program.groups.map((leaves) => {
    const start = order.length;
    const firstTile = tiles;
    for (const leaf of leaves) {
      const row = leafTable[leaf];
      order.push(leaf);
      if (row === undefined) continue;
      row[0] = tiles;
      row[5] = unitTiles;
      for (const segment of segmentsOf.get(leaf) ?? []) {
        firstTiles.set(segment, tiles);
        unitTilesOf.set(segment, unitTiles);
        tiles += tilesOf(segment, setting);
        unitTiles += tilesOf(segment, setting) * (row[3] ?? 1);
      }
      row[1] = tiles;
    }
    const entries = leaves.reduce((sum, leaf) => sum + (leafTable[leaf]?.[2] ?? 0), 0);
    const units = leaves.reduce((sum, leaf) => sum + (leafTable[leaf]?.[3] ?? 0), 0);
    return [start, order.length, firstTile, tiles, entries, units];
  });

  const common = new Map([
    ['leaves', tables.add(leafTable.flat(), leafWords)],
    ['groups', tables.add(groupTable.flat(), groupWords)],
    ['order', tables.add(order, 1)],
    ['leaf_count', counts.leaves],
    ['unit_count', counts.units],
    ['tile_count', tiles],
    ['unit_tile_count', unitTiles],
    ['state_words', wordsOf(setting.smallState.size, counts)],
  ]);

  interface Draft extends Omit<Dispatch, 'batch'> {
    readonly own: ReadonlyMap<string, number>;
  }
  const drafts: Draft[] = [];
  const lone = (shader: Shader, pass: string): Draft => ({
    shader,
    pass,
    bound: [],
    packed: [],
    chunk: 0,
    workgroups: 1,
    own: new Map(),
  });
  const ridesAlong = shape.commits && !shape.awaitsLastPass;
  passes.forEach((pass, index) => {
    const name = `pass ${index + 1} of ${passes.length}`;
    if ((shape.before[index] ?? []).length > 0)
      drafts.push(lone(writeBeforeShader(shape, setting, index), `the numbers before ${name}`));
    const batches = pass.kernels.flatMap((kernel) => batchesOf(kernel));
    batches.forEach(({ kernel, bound, packed, chunk, leavesBound }, turn) => {
      const commits = ridesAlong && index === passes.length - 1 && turn === batches.length - 1;
      const segments = [...bound, ...packed];
      const rows = segments.map((segment) => tilesOf(segment, setting));
      const workgroupCount = rows.reduce((sum, count) => sum + count, 0);
      let first = 0;
      const records = segments.flatMap((segment, position) => {
        const record = [
          position < bound.length ? position : 0xffffffff,
          segment.size,
          segment.leaf,
          segment.start,
          segment.base,
          segment.stride,
          first,
          rows[position] ?? 0,
          firstTiles.get(segment) ?? 0,
          unitTilesOf.get(segment) ?? 0,
        ];
        first += rows[position] ?? 0;
        return record;
      });
      const own = new Map([
        ['segments', tables.add(records, segmentWords)],
        [
          'workgroups',
          tables.add(
            rows.flatMap((count, position) => Array.from({ length: count }, () => position)),
            1,
          ),
        ],
        ['workgroup_count', workgroupCount],
      ]);
      drafts.push({
        shader: writeSweepShader(shape, setting, { pass: index, kernel, leavesBound, commits }),
        pass: name,
        bound,
        packed,
        chunk,
        workgroups: workgroupCount + (commits ? 1 : 0),
        own,
      });
    });
    if (ridesAlong && index === passes.length - 1 && batches.length === 0)
      drafts.push(lone(writeCommitShader(shape, setting), 'the numbers after the last pass'));
  });
  if (shape.commits && !ridesAlong)
    drafts.push(lone(writeCommitShader(shape, setting), 'the numbers after the last pass'));

  const scratch = scratchCounts(plan);
  const valueWords =
    wordsOf(shape.storedSize, counts) + scratch.leaves * counts.leaves + scratch.units * counts.units;
  const values = tables.words.length;
  const partials = values + valueWords;
  const reports = partials + 4 * (shape.tileReductions * tiles + shape.unitReductions * unitTiles);
  const reportLength = wordsOf(shape.reportSize, counts);
  const places = new Map([
    ...common,
    ['values', values] as const,
    ['partials', partials] as const,
    ['reports', reports] as const,
  ]);
  return {
    shape,
    dispatches: drafts.map(({ own, ...draft }) => ({ ...draft, batch: new Map([...places, ...own]) })),
    tables: Uint32Array.from(tables.words),
    words: reports + reportLength,
    reports: { at: reports, length: reportLength },
    writesSmallState: program.slots.some(({ node }) => program.nodes[node]?.kind !== 'leaf'),
  };

  function batchesOf(
    kernel: Kernel,
  ): { kernel: Kernel; bound: Segment[]; packed: Segment[]; chunk: number; leavesBound: number }[] {
    const access = accessOf(kernel);
    const bindsArena = setting.packs || touchesState(kernel);
    const perLeaf = Number(access.parameter !== undefined) + Number(access.gradient) + Number(access.update);
    const segments = (program.groups[kernel.group] ?? []).flatMap((leaf) => segmentsOf.get(leaf) ?? []);
    const room = limits.storageBuffers - 1 - Number(bindsArena);
    const most = perLeaf === 0 ? segments.length : Math.floor(room / perLeaf);
    const chunks = bindsArena ? [...new Set(segments.map(({ chunk }) => chunk))] : [0];
    const largest = Math.max(
      0,
      ...chunks.map(
        (chunk) =>
          segments.filter((segment) => !segment.isPacked && (!bindsArena || segment.chunk === chunk)).length,
      ),
    );
    const leavesBound = perLeaf === 0 ? 0 : Math.min(most, largest);
    return chunks.flatMap((chunk) => {
      const here = segments.filter((segment) => !bindsArena || segment.chunk === chunk);
      const packed = here.filter(({ isPacked }) => isPacked);
      const bound = here.filter(({ isPacked }) => !isPacked);
      const boundParts = splitEvenly(bound, Math.max(1, most));
      // One workgroup more may commit the step.
      const workgroups = limits.workgroups - 1 - mostTiles * (boundParts[0]?.length ?? 0);
      const packedParts = splitByTiles(packed, setting, Math.max(1, workgroups));
      return Array.from({ length: Math.max(boundParts.length, packedParts.length) }, (_, turn) => ({
        kernel,
        bound: boundParts[turn] ?? [],
        packed: packedParts[turn] ?? [],
        chunk,
        leavesBound,
      }));
    });
  }
}

function tilesOf({ size }: Segment, { workgroupSize }: ShaderSetting): number {
  return Math.min(mostTiles, Math.max(1, Math.ceil(size / (workgroupSize * entriesPerLane))));
}

/** As few parts of at most `most` as there can be, in order. */
function splitEvenly<T>(all: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, part) =>
    all.slice(part * most, (part + 1) * most),
  );
}

/** Runs of segments that have at most `most` tiles together, or are one. */
function splitByTiles(segments: readonly Segment[], setting: ShaderSetting, most: number): Segment[][] {
  const parts: Segment[][] = [];
  let tiles = Infinity;
  for (const segment of segments) {
    tiles += tilesOf(segment, setting);
    if (tiles > most) {
      tiles = tilesOf(segment, setting);
      parts.push([]);
    }
    parts.at(-1)?.push(segment);
  }
  return parts;
}

/** How many leaves and units a session has, and where the units of each leaf begin. */
export function countsOf(layout: Layout): { leaves: number; units: number; firstUnits: readonly number[] } {
  let units = 0;
  const firstUnits = layout.leaves.map(({ shape }) => {
    const first = units;
    units += sizeInLeaf('unit', shape);
    return first;
  });
  return { leaves: layout.leaves.length, units, firstUnits };
}

function tableWriter(): { readonly words: number[]; add(rows: readonly number[], width: number): number } {
  const words: number[] = [];
  return {
    words,
    add: (rows) => {
      const at = words.length;
      for (const word of rows) words.push(word);
      return at;
    },
  };
}
