import util from 'node:util';

/** What tfjs-node calls, and Node 23 and later no longer have (tensorflow/tfjs#8609). */
const removed = {
  isArray: (value: unknown): boolean => Array.isArray(value),
  isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
} as const;

/**
 * Puts functions back into `node:util` that tfjs-node needs and that newer versions of Node have removed; those that are there
 * stay. Without them every kernel of tfjs-node fails on Node 24.
 */
export function restoreUtil(target: object = util): void {
  for (const [name, value] of Object.entries(removed)) {
    if (!(name in target)) Object.defineProperty(target, name, { value, configurable: true, writable: true });
  }
}
