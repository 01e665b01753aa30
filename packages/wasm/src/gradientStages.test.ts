import { describe, expect, test } from 'vitest';
import { chunkBytes } from './frameLayout.ts';
import { gradientStages, stageEntries } from './gradientStages.ts';
import type { GroupChunks } from './planFrame.ts';

/** Chunks of one leaf after another, each of up to eight entries. */
function chunksOf(...sizes: readonly number[]): GroupChunks {
  const pieces = sizes.flatMap((size, leaf) =>
    Array.from({ length: Math.ceil(size / 8) }, (_, index) => ({
      leaf,
      start: 8 * index,
      entries: Math.min(8, size - 8 * index),
    })),
  );
  const chunks = pieces.map((piece, index) => ({ ...piece, address: 100 + chunkBytes * index }));
  return { chunks, begin: 100, end: 100 + chunkBytes * chunks.length };
}

const leavesOf = (...sizes: readonly number[]) =>
  sizes.map((size) => ({ name: String(size), shape: [size] }));

describe('gradients are staged', () => {
  test('all at once where they fit, each leaf by one copy, at places that are multiples of four', () => {
    const { stages, places } = gradientStages(chunksOf(20, 3, 8), 40);
    expect(stages).toEqual([
      {
        begin: 100,
        end: 100 + 5 * chunkBytes,
        copies: [
          { leaf: 0, start: 0, end: 20, place: 0 },
          { leaf: 1, start: 0, end: 3, place: 20 },
          { leaf: 2, start: 0, end: 8, place: 24 },
        ],
      },
    ]);
    expect(places).toEqual([0, 8, 16, 20, 24]);
  });

  test('a run after the other where they do not fit', () => {
    const { stages, places } = gradientStages(chunksOf(20, 8), 16);
    expect(stages).toEqual([
      { begin: 100, end: 100 + 2 * chunkBytes, copies: [{ leaf: 0, start: 0, end: 16, place: 0 }] },
      {
        begin: 100 + 2 * chunkBytes,
        end: 100 + 4 * chunkBytes,
        copies: [
          { leaf: 0, start: 16, end: 20, place: 0 },
          { leaf: 1, start: 0, end: 8, place: 4 },
        ],
      },
    ]);
    expect(places).toEqual([0, 8, 0, 4]);
  });

  test('not at all where there are none', () => {
    expect(gradientStages(chunksOf(), 16)).toEqual({ stages: [], places: [] });
  });

  test('in a scratch of what all of them need, or of 98,304 entries', () => {
    expect([stageEntries(leavesOf(5, 3)), stageEntries(leavesOf(98_304, 1))]).toEqual([12, 98_304]);
  });
});
