import type { Operation, ReductionName } from '@gradkit/core';
import {
  reductionFor,
  reductionState,
  type Reduction,
  type ReductionBlock,
  type ReductionState,
} from './reductionLoops.ts';

/** A reduction on its way: what it has seen, and where its results go. */
export interface RunningReduction {
  readonly reduction: Reduction;
  readonly state: ReductionState;
  readonly results: Float32Array;
}

export function createRunningReduction(
  operation: Extract<Operation, { op: ReductionName }>,
  results: Float32Array,
): RunningReduction {
  return { reduction: reductionFor(operation), state: reductionState(operation, results.length), results };
}

/** A block for a reduction, to be pointed at what it is fed. */
export function reductionBlock({ state }: RunningReduction): ReductionBlock {
  return { state, values: new Float32Array(0), length: 0, at: 0, units: 1, phase: 0 };
}

/** Forgets what a reduction has seen. */
export function startReduction({ reduction, state }: RunningReduction): void {
  state.totals.fill(reduction.start);
  state.counts.fill(0);
  state.largest.fill(0);
  state.notFinite.fill(0);
}

/** Notes how many numbers `units` results from `at` on are fed, when `size` numbers go to them in turn. */
export function countEntries(
  { state: { counts } }: RunningReduction,
  { size, at, units }: { size: number; at: number; units: number },
): void {
  for (let unit = 0; unit < units; unit++)
    counts[at + unit] = (counts[at + unit] ?? 0) + Math.ceil((size - unit) / units);
}

/** Writes a reduction's results, rounded to float32. */
export function finishReduction({ reduction, state, results }: RunningReduction): void {
  for (let i = 0; i < results.length; i++) results[i] = reduction.result(state, i);
}
