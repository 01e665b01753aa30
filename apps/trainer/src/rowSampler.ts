import type { JsonValue } from '@gradkit/core';
import { isJsonObject, readCount, readIntegers } from './jsonFields.ts';
import { randomFromState, shuffledIndices } from './seededRandom.ts';
import type { Random } from './seededRandom.ts';

/** Deals out the rows of a data set, all of them in random order before any comes again. */
export interface RowSampler {
  /** The next `count` rows; one epoch's last ones are followed by the first of the next order. */
  next(count: number): number[];
  /** Where it stands: the random state that the order was made from, and how many of its rows are dealt. */
  position(): JsonValue;
  /** Goes on from a {@link RowSampler.position}. */
  restore(position: JsonValue | undefined): void;
}

/** Deals out the rows 0 to `rows - 1`. */
export function createRowSampler(rows: number, first: Random): RowSampler {
  let random = first;
  let before = random.state();
  let order = shuffledIndices(rows, random);
  let dealt = 0;
  const reshuffle = (): void => {
    before = random.state();
    order = shuffledIndices(rows, random);
    dealt = 0;
  };
  return {
    next: (count) =>
      Array.from({ length: count }, () => {
        if (dealt === order.length) reshuffle();
        const row = order[dealt] ?? 0;
        dealt += 1;
        return row;
      }),
    position: () => ({ random: before, dealt }),
    restore: (position) => {
      const { random: state, dealt: count } = isJsonObject(position) ? position : {};
      random = randomFromState(readIntegers(state, "The checkpoint's random state"));
      reshuffle();
      dealt = readCount(count, "The checkpoint's position in the data");
    },
  };
}
