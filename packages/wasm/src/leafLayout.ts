import { noGroup, sizeOfShape, unitCount, type Program, type ProgramNode } from '@gradkit/core';

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
}

/**
 * How the numbers of a group lie that are not entries: in one array for each node, leaf after leaf, so that an operation on a number of
 * each leaf is one loop. Scalars and vectors are laid out as a group with the one leaf `noGroup`.
 */
export interface GroupLayout {
  readonly leaves: readonly LeafLayout[];
  /** How many numbers are kept for the units of all of its leaves. */
  readonly units: number;
  readonly largestSize: number;
}

/** A stretch of an array. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The layout of each group of a program, and of `noGroup`; `periodOf` says how many numbers are kept for so many units. */
export function groupLayouts(
  program: Program,
  periodOf: (units: number, group: number) => number = (units) => units,
): (group: number) => GroupLayout {
  const layouts = program.groups.map((members, group) =>
    layoutOf(program, members, (units) => periodOf(units, group)),
  );
  const own = layoutOf(program, [noGroup], (units) => units);
  return (group) => layouts[group] ?? own;
}

/** How many numbers a node that is not over entries has in its group. */
export function numberCount({ kind, length }: ProgramNode, { leaves, units }: GroupLayout): number {
  if (kind === 'leaf') return 0;
  if (kind === 'unit') return units;
  return kind === 'leafScalar' ? leaves.length : length;
}

/** Where the numbers of one leaf lie among those of a node in its group. */
export function numbersOfLeaf(
  { kind, length }: ProgramNode,
  { position, firstUnit, period }: LeafLayout,
): Range {
  if (kind === 'unit') return { start: firstUnit, end: firstUnit + period };
  if (kind === 'leafScalar') return { start: position, end: position + 1 };
  return { start: 0, end: length };
}

function layoutOf(
  program: Program,
  members: readonly number[],
  periodOf: (units: number) => number,
): GroupLayout {
  const leaves: LeafLayout[] = [];
  let units = 0;
  let largestSize = 0;
  for (const leaf of members) {
    const shape = program.leaves[leaf]?.shape ?? [];
    const count = unitCount(shape);
    const layout = {
      leaf,
      size: sizeOfShape(shape),
      units: count,
      period: periodOf(count),
      position: leaves.length,
      firstUnit: units,
    };
    leaves.push(layout);
    units += layout.period;
    largestSize = Math.max(largestSize, layout.size);
  }
  return { leaves, units, largestSize };
}
