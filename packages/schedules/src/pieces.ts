import { InvalidOptionError } from '@gradkit/core';
import { checkArray, checkNumber, positiveSteps } from './checkOption.ts';

/** What holds from step `start` on, until the next piece starts. */
interface Piece<Content> {
  readonly start: number;
  readonly content: Content;
}

/**
 * Cuts the steps at `boundaries` and lays the entries of `list` over the pieces: the first from step 0, the next from
 * the first boundary on, and so forth.
 *
 * @throws {InvalidOptionError} if a boundary is not a whole number of steps above 0 and above the one before, or if
 *   `list` does not have one entry more than there are boundaries.
 */
export function cutAtBoundaries<Content>(
  owner: string,
  boundaries: readonly number[],
  listName: string,
  list: readonly Content[],
): readonly Piece<Content>[] {
  checkArray(owner, 'boundaries', boundaries);
  checkArray(owner, listName, list);
  if (list.length !== boundaries.length + 1) {
    throw new InvalidOptionError(
      `${owner}: ${listName} must have one entry more than boundaries, but there are ${list.length} ${listName} and ` +
        `${boundaries.length} boundaries.`,
    );
  }
  for (const [index, boundary] of boundaries.entries()) {
    checkNumber(owner, `boundaries[${index}]`, boundary, positiveSteps);
    const previous = boundaries[index - 1];
    if (previous !== undefined && boundary <= previous) {
      throw new InvalidOptionError(
        `${owner}: boundaries must rise, but boundaries[${index}] is ${boundary} after ${previous}.`,
      );
    }
  }
  return list.map((content, index) => ({ start: boundaries[index - 1] ?? 0, content }));
}

/** The last piece that starts at or before `step`. */
export function pieceAt<Content>(pieces: readonly Piece<Content>[], step: number): Piece<Content> {
  return pieces.reduce((current, piece) => (step >= piece.start ? piece : current));
}
