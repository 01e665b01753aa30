import { InvalidOptionError, sizeOfShape, unitCount, type Layout } from '@gradkit/core';
import { arraySlots } from './shaderLayout.ts';

/** A leaf, or a part of one that is too large to be bound at once, and where its state lies. */
export interface Segment {
  readonly leaf: number;
  /** The first entry, in the leaf. */
  readonly start: number;
  readonly size: number;
  /** Which buffer of the arena has its state. */
  readonly chunk: number;
  /** Its first number there. */
  readonly base: number;
  /** From one array of its state to the next. */
  readonly stride: number;
  /** Whether its parameter, gradient and update are copied into the arena, beside its state. */
  readonly isPacked: boolean;
}

/** What a device can bind. */
export interface BindingLimits {
  /** In bytes. */
  readonly largestBinding: number;
  readonly largestBuffer: number;
  /** In bytes. */
  readonly alignment: number;
}

/** The leaves of a session as segments, and the sizes of the arena's buffers in numbers. */
export interface Arena {
  readonly segments: readonly Segment[];
  readonly chunks: readonly number[];
  readonly packs: boolean;
}

/** The arrays that a packed leaf has beside its state: parameter, gradient, update. */
const packedArrays = 3;

/**
 * Cuts leaves into segments that can be bound and gives each its place in the arena.
 *
 * Leaves of up to `packUpTo` entries are packed: many of them go into one dispatch, which binds only the arena.
 * @throws {InvalidOptionError} if a leaf cannot be cut between its units, naming it.
 */
export function layOutArena(
  layout: Layout,
  limits: BindingLimits,
  { packUpTo }: { packUpTo: number },
): Arena {
  const slots = arraySlots(layout).length;
  const owners = new Set(layout.slots.filter(({ kind }) => kind === 'leaf').flatMap(({ leaves }) => leaves));
  const align = limits.alignment / 4;
  const largest = Math.floor(Math.min(limits.largestBinding, limits.largestBuffer) / 4);
  const segments: Segment[] = [];
  const chunks: number[] = [];
  layout.leaves.forEach(({ name, shape }, leaf) => {
    const size = sizeOfShape(shape);
    const isPacked = size <= packUpTo;
    const arrays = isPacked ? slots + packedArrays : owners.has(leaf) ? slots : 0;
    const grain = leastCommonMultiple(align, unitCount(shape));
    const room = Math.floor(largest / Math.max(1, arrays) / align) * align;
    const length = size <= room ? size : Math.floor(room / grain) * grain;
    if (size > 0 && length === 0) {
      throw new InvalidOptionError(
        `The leaf ${JSON.stringify(name)} has ${unitCount(shape)} units, too many for what the GPU can bind at once (${limits.largestBinding} bytes). ` +
          `Request a device with a larger maxStorageBufferBindingSize.`,
      );
    }
    for (let start = 0; start < size; start += length) {
      const part = Math.min(length, size - start);
      const stride = Math.ceil(part / align) * align;
      const last = chunks.length - 1;
      const used = chunks[last];
      const fits = used !== undefined && used + arrays * stride <= largest;
      if (!fits && arrays > 0) chunks.push(0);
      const chunk = Math.max(0, chunks.length - 1);
      const base = chunks[chunk] ?? 0;
      if (arrays > 0) chunks[chunk] = base + arrays * stride;
      segments.push({ leaf, start, size: part, chunk, base, stride, isPacked });
    }
  });
  return { segments, chunks, packs: segments.some(({ isPacked }) => isPacked) };
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
