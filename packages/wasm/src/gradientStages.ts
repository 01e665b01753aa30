import { sizeOfShape, type LeafSpec } from '@gradkit/core';
import { chunkBytes, roundUp } from './frameLayout.ts';
import { largestChunk, type Chunk } from './planFrame.ts';

/** How many entries of gradients are copied before they are computed with: as many as stay in a core's second cache. */
const usualStage = 98_304;

/** A run of chunks whose gradients are copied before it is computed. */
export interface Stage {
  /** The address of the first chunk, and the one behind the last. */
  readonly begin: number;
  readonly end: number;
  /** What is copied of each leaf: from `start` to `end`, to a place in the scratch. */
  readonly copies: readonly Copy[];
}

interface Copy {
  readonly leaf: number;
  readonly start: number;
  readonly end: number;
  readonly place: number;
}

/** How many entries a scratch must have for the gradients of these leaves. */
export function stageEntries(leaves: readonly LeafSpec[]): number {
  const all = leaves.reduce((sum, { shape }) => sum + roundUp(sizeOfShape(shape), 4), 0);
  return Math.min(all, Math.max(usualStage, largestChunk(leaves)));
}

/** Splits the chunks of a group into runs whose gradients fit a scratch of so many entries; `places` are those of the chunks in it. */
export function gradientStages(
  chunks: readonly Chunk[],
  entries: number,
): { readonly stages: readonly Stage[]; readonly places: readonly number[] } {
  const stages: Stage[] = [];
  const places: number[] = [];
  let copies: Copy[] = [];
  let [first] = chunks;
  let used = 0;
  const close = (end: number): void => {
    if (first !== undefined) stages.push({ begin: first.address, end, copies });
  };
  for (const chunk of chunks) {
    const needed = roundUp(chunk.entries, 4);
    if (used + needed > entries) {
      close(chunk.address);
      first = chunk;
      copies = [];
      used = 0;
    }
    const { leaf, start } = chunk;
    const before = copies.at(-1);
    // Of one leaf as much as possible at a time.
    const isNext = before?.leaf === leaf && before.end === start;
    if (isNext) copies.pop();
    copies.push({
      leaf,
      start: isNext ? before.start : start,
      end: start + chunk.entries,
      place: isNext ? before.place : used,
    });
    places.push(used);
    used += needed;
  }
  close((chunks.at(-1)?.address ?? 0) + chunkBytes);
  return { stages, places };
}
