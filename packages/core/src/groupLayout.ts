import { sizeInLeaf, sizeOfShape, unitCount, type Program, type ProgramNode } from './program.ts';
import { noGroup, type Kind } from './symbolicTensor.ts';

/** A leaf of a group: how many entries and units it has, and where its numbers lie among those of the group. */
export interface LeafLayout {
  readonly leaf: number;
  readonly size: number;
  readonly units: number;
  /** How many numbers are kept for its units: these, or these again and again, so that loops over them are long enough. */
  readonly period: number;
  /** Its place in the group. */
  readonly position: number;
  /** Where its first unit is among the numbers of the group's units. */
  readonly firstUnit: number;
  /** Where its first entry is among the entries of the group. */
  readonly firstEntry: number;
}

/**
 * How the numbers of a group lie: in one array for each node, leaf after leaf, so that an operation on a number of each leaf is one loop.
 * Scalars and vectors are laid out as a group with the one leaf `noGroup`.
 */
export interface GroupLayout {
  readonly leaves: readonly LeafLayout[];
  /** How many numbers are kept for the units of all of its leaves. */
  readonly units: number;
  readonly entries: number;
}

/** A stretch of an array. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The layout of each group of a program, and of `noGroup`; `periodOf` says how many numbers are kept for the units of a leaf. */
export function groupLayouts(
  { groups, leaves }: Program,
  periodOf: (leaf: { units: number; size: number; group: number }) => number = ({ units }) => units,
): (group: number) => GroupLayout {
  const layouts = groups.map((members, group) =>
    layoutOf(
      members.map((leaf) => ({ leaf, shape: leaves[leaf]?.shape ?? [] })),
      (leaf) => periodOf({ ...leaf, group }),
    ),
  );
  const own = layoutOf([{ leaf: noGroup, shape: [] }], ({ units }) => units);
  return (group) => layouts[group] ?? own;
}

/** How many numbers a node has in its group. */
export function numberCount({ kind, length }: ProgramNode, { leaves, units, entries }: GroupLayout): number {
  const counts: Readonly<Record<Kind, number>> = {
    scalar: 1,
    vector: length,
    leafScalar: leaves.length,
    unit: units,
    leaf: entries,
  };
  return counts[kind];
}

/** Where the numbers of one leaf lie among those of a node in its group. */
export function numbersOfLeaf(
  { kind, length }: ProgramNode,
  { position, firstUnit, period, firstEntry, size }: LeafLayout,
): Range {
  if (kind === 'leaf') return { start: firstEntry, end: firstEntry + size };
  if (kind === 'unit') return { start: firstUnit, end: firstUnit + period };
  if (kind === 'leafScalar') return { start: position, end: position + 1 };
  return { start: 0, end: length };
}

/** How many numbers one leaf, or `noGroup`, has in an array of the state. */
export function slotLength(
  { kind, length }: { kind: Kind; length: number },
  shape: readonly number[] | undefined,
): number {
  return shape === undefined ? length : sizeInLeaf(kind, shape);
}

function layoutOf(
  members: readonly { leaf: number; shape: readonly number[] }[],
  periodOf: (leaf: { units: number; size: number }) => number,
): GroupLayout {
  let [units, entries] = [0, 0];
  const leaves = members.map(({ leaf, shape }, position): LeafLayout => {
    const [size, count] = [sizeOfShape(shape), unitCount(shape)];
    const period = periodOf({ units: count, size });
    units += period;
    entries += size;
    const [firstUnit, firstEntry] = [units - period, entries - size];
    return { leaf, size, units: count, period, position, firstUnit, firstEntry };
  });
  return { leaves, units, entries };
}
