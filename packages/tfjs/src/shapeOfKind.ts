import { unitCount, type Kind } from '@gradkit/core';

/**
 * The shape of a tensor that holds a value of some kind, the same on every backend: the leaf's own, [units] for a number for each unit,
 * [length] for a vector, and none for one number, also where a leaf has a single unit.
 */
export function shapeOfKind(
  { kind, length }: { readonly kind: Kind; readonly length: number },
  leaf: readonly number[],
): number[] {
  if (kind === 'leaf') return [...leaf];
  if (kind === 'unit') return unitShape(leaf);
  return kind === 'vector' ? [length] : [];
}

/** The shape of a number for each unit of a leaf. */
export function unitShape(leaf: readonly number[]): number[] {
  const units = unitCount(leaf);
  return units === 1 ? [] : [units];
}
