import type { Reduction } from './operation.ts';
import { pushTo, type RunningReduction } from './runningReduction.ts';

/** Some numbers of an array, and the results that they go to in turn: `units` of them from `at` on, the first number to result `phase` of these. */
interface Feed {
  readonly running: RunningReduction;
  readonly values: Float32Array;
  readonly start: number;
  readonly end: number;
  readonly at: number;
  readonly units: number;
  readonly phase: number;
}

/** Feeds numbers to a reduction. Each result sees its numbers in their order, so that its bits are the reference's. */
export type FeedLoop = (feed: Feed) => void;

/** The loop of a reduction. The commonest are written out, because a loop that calls a function for each number is several times slower. */
export function feedLoop(reduction: Reduction): FeedLoop {
  if (reduction.op === 'sum' || reduction.op === 'mean') return addUp;
  return reduction.op === 'norm' && reduction.order === 2 ? addUpSquares : pushEach;
}

function addUp({ running: { seen }, values, start, end, at, units, phase }: Feed): void {
  for (let first = 0; first < units && start + first < end; first++) {
    const result = at + ((phase + first) % units);
    let total = seen[result] ?? NaN;
    for (let i = start + first; i < end; i += units) total += values[i] ?? NaN;
    seen[result] = total;
  }
}

function addUpSquares({ running: { seen }, values, start, end, at, units, phase }: Feed): void {
  for (let first = 0; first < units && start + first < end; first++) {
    const result = at + ((phase + first) % units);
    let total = seen[result] ?? NaN;
    for (let i = start + first; i < end; i += units) {
      const x = values[i] ?? NaN;
      total += x * x;
    }
    seen[result] = total;
  }
}

function pushEach({ running, values, start, end, at, units, phase }: Feed): void {
  for (let i = start; i < end; i++) pushTo(running, at + ((phase + i - start) % units), values[i] ?? NaN);
}
