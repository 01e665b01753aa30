/**
 * The fields of a pool's control block: 32-bit numbers in the shared memory. `shares` are the first and the last address of each thread's
 * chunks.
 */
export const poolFields = {
  turn: 0,
  done: 1,
  ready: 2,
  failed: 3,
  isOver: 4,
  module: 5,
  bytes: 6,
  length: 7,
  pass: 8,
  group: 9,
  frame: 10,
  shares: 11,
} as const;

/** The bytes of the control block of a pool of some threads. */
export function controlBytes(threads: number): number {
  return 4 * (poolFields.shares + 2 * threads);
}
