import { sizeOfShape, type LeafSpec } from '@gradkit/core';
import { roundUp } from './frameLayout.ts';
import { largestChunk, type GroupChunks } from './planFrame.ts';

/** How many entries of gradients are copied before they are computed with: as many as stay in a core's second cache. */
const usualStage = 98_304;

/** A run of chunks whose gradients are copied before it is computed. */
export interface Stage {
  /** The address of the first chunk, and the one behind the last. */
  readonly begin: number;
  end: number;
  /** What is copied of each leaf: from `start` to `end`, to a place in the scratch. */
  readonly copies: { readonly leaf: number; readonly start: number; end: number; readonly place: number }[];
}

/** How many entries a scratch must have for the gradients of these leaves. */
export function stageEntries(leaves: readonly LeafSpec[]): number {
  const all = leaves.reduce((sum, { shape }) => sum + roundUp(sizeOfShape(shape), 4), 0);
  return Math.min(all, Math.max(usualStage, largestChunk(leaves)));
}

/** Splits the chunks of a group into runs whose gradients fit a scratch of so many entries; `places` are those of the chunks in it. */
export function gradientStages(
  { chunks, begin, end: last }: GroupChunks,
  entries: number,
): { readonly stages: readonly Stage[]; readonly places: readonly number[] } {
  const stages: Stage[] = [];
  const places: number[] = [];
  let stage: Stage = { begin, end: last, copies: [] };
  let used = 0;
  for (const { leaf, start, entries: count, address } of chunks) {
    const end = start + count;
    if (used + count > entries) {
      stage.end = address;
      stage = { begin: address, end: last, copies: [] };
      used = 0;
    }
    if (used === 0) stages.push(stage);
    const before = stage.copies.at(-1);
    // Of one leaf as much as possible at a time.
    if (before?.leaf === leaf) before.end = end;
    else stage.copies.push({ leaf, start, end, place: used });
    places.push(used);
    used += roundUp(count, 4);
  }
  return { stages, places };
}
