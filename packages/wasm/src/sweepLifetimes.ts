import type { Operation, ProgramNode, Sweep, Write } from '@gradkit/core';

/** How long the values of a sweep's nodes are needed within a block, and where they are computed. */
export interface SweepLifetimes {
  /** The last position among the sweep's nodes that reads a node; Infinity for what is read when all are computed. */
  readonly lastRead: ReadonlyMap<number, number>;
  /** The nodes that are computed where they are to be written, because nothing reads the old values there afterwards. */
  readonly direct: ReadonlyMap<number, Write>;
  /** The nodes that read memory and are written: they are copied before anything can overwrite them. */
  readonly copied: ReadonlySet<number>;
}

/** The memory that an operation reads or that a write goes to, by name; undefined for an operation that reads none. */
export function placeNameOf(from: Operation | Write): string | undefined {
  if ('to' in from) return from.to === 'slot' ? `slot ${from.slot}` : from.to;
  if (from.op === 'slot') return `slot ${from.slot}`;
  return from.op === 'parameter' || from.op === 'gradient' ? from.op : undefined;
}

/** Finds out how long the values of a sweep's nodes are needed. */
export function sweepLifetimes(sweep: Sweep, nodes: readonly ProgramNode[]): SweepLifetimes {
  const lastRead = new Map<number, number>();
  for (const [position, index] of sweep.nodes.entries())
    for (const input of nodes[index]?.inputs ?? []) lastRead.set(input, position);
  for (const { input } of sweep.reductions) lastRead.set(input, Infinity);

  const written = new Set(sweep.writes.map(({ node }) => node));
  const copied = new Set<number>();
  const placeReads = new Map<string, number>();
  for (const [position, index] of sweep.nodes.entries()) {
    const node = nodes[index];
    const place = node === undefined ? undefined : placeNameOf(node.operation);
    if (place === undefined) continue;
    if (written.has(index)) copied.add(index);
    placeReads.set(place, copied.has(index) ? position : (lastRead.get(index) ?? position));
  }

  const direct = new Map<number, Write>();
  for (const [position, index] of sweep.nodes.entries()) {
    const isFree = (write: Write): boolean => (placeReads.get(placeNameOf(write) ?? '') ?? -1) <= position;
    const write = copied.has(index)
      ? undefined
      : sweep.writes.find((candidate) => candidate.node === index && isFree(candidate));
    if (write !== undefined) direct.set(index, write);
  }
  for (const { node } of sweep.writes) if (!direct.has(node)) lastRead.set(node, Infinity);
  return { lastRead, direct, copied };
}
