import { binaryMeaning, type Operation, type ReductionName } from '@gradkit/core';

/**
 * What a reduction has seen so far, in float64: a number for each result. `counts` are kept by whoever feeds it; `largest` and
 * `notFinite` are for norms of a general order.
 */
export interface ReductionState {
  readonly order: number;
  readonly totals: Float64Array;
  readonly counts: Float64Array;
  readonly largest: Float64Array;
  readonly notFinite: Float64Array;
}

/**
 * What is fed to a reduction: the first `length` numbers of an array. They go in turn to `units` results from `at` on, the first
 * one to result `phase` of these.
 */
export interface ReductionBlock {
  state: ReductionState;
  values: Float32Array;
  length: number;
  at: number;
  units: number;
  phase: number;
}

/** A reduction as loops. It sees the numbers of each result in their order, so that its bits are the reference's. */
export interface Reduction {
  /** Where a total begins. */
  readonly start: number;
  feed(block: ReductionBlock): void;
  result(state: ReductionState, index: number): number;
}

type ReductionOperation = Extract<Operation, { op: ReductionName }>;

/** The loops of a reduction, with the meaning of core's `accumulatorFor`. */
export function reductionFor(operation: ReductionOperation): Reduction {
  return operation.op === 'norm' ? normFor(operation.order) : reductions[operation.op];
}

/** Room for what a reduction sees, for a number of results. */
export function reductionState(operation: ReductionOperation, results: number): ReductionState {
  return {
    order: operation.op === 'norm' ? operation.order : NaN,
    totals: new Float64Array(results),
    counts: new Float64Array(results),
    largest: new Float64Array(results),
    notFinite: new Float64Array(results),
  };
}

const { pow } = binaryMeaning;

const totalOf = ({ totals }: ReductionState, index: number): number => totals[index] ?? NaN;

const reductions: Readonly<Record<Exclude<ReductionName, 'norm'>, Reduction>> = {
  // -0 is addition's identity in IEEE 754; an empty sum is +0 all the same.
  sum: {
    start: -0,
    feed: addUp,
    result: (state, index) => (state.counts[index] === 0 ? 0 : totalOf(state, index)),
  },
  mean: {
    start: 0,
    feed: addUp,
    result: (state, index) => totalOf(state, index) / (state.counts[index] ?? NaN),
  },
  max: { start: -Infinity, feed: keepLargest, result: totalOf },
  min: { start: Infinity, feed: keepSmallest, result: totalOf },
  any: { start: 0, feed: keepLargest, result: totalOf },
  all: { start: 1, feed: keepSmallest, result: totalOf },
};

function normFor(order: number): Reduction {
  if (order === Infinity) return { start: 0, feed: keepLargestSize, result: totalOf };
  if (order === 1) return { start: 0, feed: addUpSizes, result: totalOf };
  if (order === 2)
    return { start: 0, feed: addUpSquares, result: (state, index) => Math.sqrt(totalOf(state, index)) };
  return { start: 0, feed: addUpPowers, result: powerNorm };
}

function addUp({ state: { totals }, values, length, at, units, phase }: ReductionBlock): void {
  for (let first = 0; first < units && first < length; first++) {
    const result = at + ((phase + first) % units);
    let total = totals[result] ?? NaN;
    for (let i = first; i < length; i += units) total += values[i] ?? NaN;
    totals[result] = total;
  }
}

function keepLargest({ state: { totals }, values, length, at, units, phase }: ReductionBlock): void {
  for (let first = 0; first < units && first < length; first++) {
    const result = at + ((phase + first) % units);
    let total = totals[result] ?? NaN;
    for (let i = first; i < length; i += units) total = Math.max(total, values[i] ?? NaN);
    totals[result] = total;
  }
}

function keepSmallest({ state: { totals }, values, length, at, units, phase }: ReductionBlock): void {
  for (let first = 0; first < units && first < length; first++) {
    const result = at + ((phase + first) % units);
    let total = totals[result] ?? NaN;
    for (let i = first; i < length; i += units) total = Math.min(total, values[i] ?? NaN);
    totals[result] = total;
  }
}

function keepLargestSize({ state: { totals }, values, length, at, units, phase }: ReductionBlock): void {
  for (let first = 0; first < units && first < length; first++) {
    const result = at + ((phase + first) % units);
    let total = totals[result] ?? NaN;
    for (let i = first; i < length; i += units) total = Math.max(total, Math.abs(values[i] ?? NaN));
    totals[result] = total;
  }
}

function addUpSizes({ state: { totals }, values, length, at, units, phase }: ReductionBlock): void {
  for (let first = 0; first < units && first < length; first++) {
    const result = at + ((phase + first) % units);
    let total = totals[result] ?? NaN;
    for (let i = first; i < length; i += units) total += Math.abs(values[i] ?? NaN);
    totals[result] = total;
  }
}

// The square of any float32 is a normal float64, so nothing overflows or vanishes.
function addUpSquares({ state: { totals }, values, length, at, units, phase }: ReductionBlock): void {
  for (let first = 0; first < units && first < length; first++) {
    const result = at + ((phase + first) % units);
    let total = totals[result] ?? NaN;
    for (let i = first; i < length; i += units) {
      const x = values[i] ?? NaN;
      total += x * x;
    }
    totals[result] = total;
  }
}

// |x|^p leaves float64's range for a large p, so the powers are of |x| / (the largest so far), and rescaled when that grows.
function addUpPowers({ state, values, length, at, units, phase }: ReductionBlock): void {
  const { order } = state;
  for (let first = 0; first < units && first < length; first++) {
    const result = at + ((phase + first) % units);
    let total = state.totals[result] ?? NaN;
    let largest = state.largest[result] ?? NaN;
    let notFinite = state.notFinite[result] ?? NaN;
    for (let i = first; i < length; i += units) {
      const size = Math.abs(values[i] ?? NaN);
      if (size === 0) continue;
      if (!(size < Infinity)) notFinite += size;
      else if (size > largest) {
        total = total * pow(largest / size, order) + 1;
        largest = size;
      } else total += pow(size / largest, order);
    }
    state.totals[result] = total;
    state.largest[result] = largest;
    state.notFinite[result] = notFinite;
  }
}

function powerNorm({ order, totals, largest, notFinite }: ReductionState, index: number): number {
  if (notFinite[index] !== 0) return notFinite[index] ?? NaN;
  return (largest[index] ?? NaN) * pow(totals[index] ?? NaN, 1 / order);
}
