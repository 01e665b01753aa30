import { describeValue, InvalidOptionError } from '@gradkit/core';

/** Refuses what is passed to a function that takes nothing, and that JavaScript would let it ignore. */
export function requireNoOptions(owner: string, given: readonly unknown[]): void {
  if (given.every((value) => value === undefined)) return;
  throw new InvalidOptionError(
    `${owner} takes no options, but was given ${given.map(describeValue).join(', ')}. Write ${owner}().`,
  );
}
