import { noGroup, sizeOfShape, unitCount, type Program, type ProgramNode } from '@gradkit/core';

/** A leaf of a group: how many entries and units it has, and where its numbers lie among those of the group. */
export interface LeafLayout {
  readonly leaf: number;
  readonly size: number;
  readonly units: number;
  /** Its place in the group. */
  readonly position: number;
  /** Where its first unit is among the units of the group. */
  readonly firstUnit: number;
}

/**
 * How the numbers of a group lie that are not entries: in one array for each node, leaf after leaf, so that an operation on a number of
 * each leaf is one loop. Scalars and vectors are laid out as a group with the one leaf `noGroup`.
 */
export interface GroupLayout {
  readonly leaves: readonly LeafLayout[];
  readonly units: number;
  readonly largestSize: number;
}

/** A stretch of an array. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The layout of each group of a program, and of `noGroup`. */
export function groupLayouts(program: Program): ReadonlyMap<number, GroupLayout> {
  const layouts = new Map([[noGroup, layoutOf(program, [noGroup])]]);
  program.groups.forEach((members, group) => layouts.set(group, layoutOf(program, members)));
  return layouts;
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
  { position, firstUnit, units }: LeafLayout,
): Range {
  if (kind === 'unit') return { start: firstUnit, end: firstUnit + units };
  if (kind === 'leafScalar') return { start: position, end: position + 1 };
  return { start: 0, end: length };
}

function layoutOf(program: Program, members: readonly number[]): GroupLayout {
  const leaves: LeafLayout[] = [];
  let units = 0;
  let largestSize = 0;
  for (const leaf of members) {
    const shape = program.leaves[leaf]?.shape ?? [];
    const layout = { leaf, size: sizeOfShape(shape), units: unitCount(shape), position: leaves.length };
    leaves.push({ ...layout, firstUnit: units });
    units += layout.units;
    largestSize = Math.max(largestSize, layout.size);
  }
  return { leaves, units, largestSize };
}
