/** The data of tensors that may lie in one piece of memory. */
export interface Holders {
  readonly dataIds: Set<object>;
  /** How many may gather before those that are gone are taken out. */
  limit: number;
}

const smallestLimit = 64;

/** Memory in which no tensor lies. */
export function noHolders(): Holders {
  return { dataIds: new Set(), limit: smallestLimit };
}

/** Notes that a tensor lies in a piece of memory; now and then those are taken out that `isThere` no longer knows. */
export function addHolder(holders: Holders, dataId: object, isThere: (dataId: object) => boolean): void {
  if (holders.dataIds.size >= holders.limit) {
    for (const held of holders.dataIds) if (!isThere(held)) holders.dataIds.delete(held);
    holders.limit = Math.max(smallestLimit, 2 * holders.dataIds.size);
  }
  holders.dataIds.add(dataId);
}
