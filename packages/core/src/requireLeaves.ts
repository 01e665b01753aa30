import type { AnyTransform, LeafSpec } from './gradientTransform.ts';

/**
 * Judges that every part of a transform that means some leaves (`masked`, `freeze`, `partition`) finds some. Give it all leaves, those
 * without a gradient too.
 *
 * @throws {InvalidOptionError} naming the pattern that matches none, and the nearest leaves.
 */
export function requireLeaves({ structure }: AnyTransform, leaves: readonly LeafSpec[]): void {
  // Where there is nothing, nothing is missing.
  if (leaves.length === 0) return;
  const scopes = structure.narrow?.(leaves);
  structure.inner.forEach((part, index) => requireLeaves(part, scopes?.[index] ?? leaves));
}
