import { monoidOf, type Monoid } from './monoid.ts';
import type { Reduction } from './operation.ts';

/** A reduction on its way: what has been seen for each result, and where the results go. */
export interface RunningReduction {
  readonly monoid: Monoid;
  readonly seen: Float64Array;
  /** How many numbers each result is of. */
  readonly counts: Float64Array;
  readonly results: Float32Array;
}

/** Room for a reduction to as many results as there is room for. */
export function createRunningReduction(reduction: Reduction, results: Float32Array): RunningReduction {
  const monoid = monoidOf(reduction);
  const seen = new Float64Array(results.length * monoid.zero.length);
  return { monoid, seen, counts: new Float64Array(results.length), results };
}

/** Notes once and for all that a result is of so many numbers more. */
export function countEntries({ counts }: RunningReduction, result: number, count: number): void {
  counts[result] = (counts[result] ?? 0) + count;
}

/** Forgets what a reduction has seen. */
export function startReduction({ monoid: { zero }, seen }: RunningReduction): void {
  for (let i = 0; i < seen.length; i++) seen[i] = zero[i % zero.length] ?? 0;
}

/** Gives one number to a result. */
export function pushTo({ monoid, seen }: RunningReduction, result: number, value: number): void {
  monoid.push(seen, result * monoid.zero.length, value);
}

/** Writes a reduction's results, rounded to float32. */
export function finishReduction({ monoid, seen, counts, results }: RunningReduction): void {
  for (let i = 0; i < results.length; i++)
    results[i] = monoid.result(seen, i * monoid.zero.length, counts[i] ?? 0);
}
