/** The fields of a pool's control block: 32-bit numbers in the shared memory. `helpers` is where those of the first thread begin. */
export const poolFields = {
  turn: 0,
  isOver: 1,
  module: 2,
  bytes: 3,
  length: 4,
  pass: 5,
  group: 6,
  frame: 7,
  /** How many bytes of chunks a thread goes through before it shows that it is alive. */
  piece: 8,
  helpers: 9,
} as const;

/** The fields of one thread: what it is at, its first chunk and the end of its last, and a count that goes on while it computes. */
export const helperFields = { state: 0, begin: 1, end: 2, beats: 3 } as const;
/** The words of one thread. */
export const helperWords: number = 4;

/** What a thread is at. Who changes `open` first has the share: the thread, or the engine if the thread has not woken up. */
export const helperStates = {
  /** Memory is zero at first. */
  unstarted: 0,
  idle: 1,
  open: 2,
  taken: 3,
  /** It could not begin, and ends. */
  refused: 4,
  /** It failed in the midst of its share. */
  failed: 5,
} as const;

/** The bytes of the control block of a pool of some threads. */
export function controlBytes(threads: number): number {
  return 4 * (poolFields.helpers + helperWords * threads);
}
