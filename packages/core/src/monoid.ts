import type { Reduction } from './operation.ts';
import { pow } from './transcendental.ts';

/**
 * What a reduction is, whoever computes it: it has seen nothing, sees one number more, puts together what two have seen, and says the result.
 * What it has seen is `zero.length` float64 numbers in an array, from an index on. An engine that keeps other numbers on its way must come to
 * the same result.
 */
export interface Monoid {
  /** What has seen nothing. */
  readonly zero: readonly number[];
  /** Sees one number more. */
  push(seen: Float64Array, at: number, value: number): void;
  /** Adds what another has seen after it. */
  combine(seen: Float64Array, at: number, later: Float64Array, from: number): void;
  /** The result of `count` numbers, to be rounded to float32 once. Of nothing, a sum and a norm are 0, a mean is NaN. */
  result(seen: Float64Array, at: number, count: number): number;
}

/**
 * The monoid of a reduction: numbers go in one at a time, in the order of the leaves and of the entries of each, and all is float64.
 *
 * Of nothing: sum and norm are 0, mean is NaN, max is -Infinity, min is Infinity, any is false, all is true.
 */
export function monoidOf(reduction: Reduction): Monoid {
  return reduction.op === 'norm' ? normOf(reduction.order) : monoids[reduction.op];
}

// -0 is addition's identity in IEEE 754; an empty sum is +0 all the same.
const sum = adding(
  -0,
  (value) => value,
  (total, count) => (count === 0 ? 0 : total),
);

const monoids: Readonly<Record<Exclude<Reduction['op'], 'norm'>, Monoid>> = {
  sum,
  mean: { ...sum, zero: [0], result: (seen, at, count) => numberAt(seen, at) / count },
  max: folding(-Infinity, Math.max),
  min: folding(Infinity, Math.min),
  any: folding(0, Math.max),
  all: folding(1, Math.min),
};

function normOf(order: number): Monoid {
  if (order === Infinity) return { ...monoids.any, push: sizePush };
  if (order === 1) return adding(0, Math.abs, (total) => total);
  // The square of any float32 is a normal float64, so nothing overflows or vanishes.
  return order === 2 ? adding(0, (value) => value * value, Math.sqrt) : powerNorm(order);
}

function adding(
  start: number,
  term: (value: number) => number,
  finish: (total: number, count: number) => number,
): Monoid {
  const add = (seen: Float64Array, at: number, value: number): void => {
    seen[at] = numberAt(seen, at) + value;
  };
  return {
    zero: [start],
    push: (seen, at, value) => add(seen, at, term(value)),
    combine: (seen, at, later, from) => add(seen, at, numberAt(later, from)),
    result: (seen, at, count) => finish(numberAt(seen, at), count),
  };
}

function folding(start: number, fold: (a: number, b: number) => number): Monoid {
  const push = (seen: Float64Array, at: number, value: number): void => {
    seen[at] = fold(numberAt(seen, at), value);
  };
  return {
    zero: [start],
    push,
    combine: (seen, at, later, from) => push(seen, at, numberAt(later, from)),
    result: numberAt,
  };
}

function sizePush(seen: Float64Array, at: number, value: number): void {
  seen[at] = Math.max(numberAt(seen, at), Math.abs(value));
}

/**
 * |x|^p leaves float64's range for a large p, so the powers are of |x| / (the largest so far), and rescaled when that grows: their sum, the
 * largest, and the sum of what is not finite.
 */
function powerNorm(order: number): Monoid {
  const join = (seen: Float64Array, at: number, powers: number, size: number): void => {
    const largest = numberAt(seen, at + 1);
    const total = numberAt(seen, at);
    if (size > largest) {
      seen[at] = total * pow(largest / size, order) + powers;
      seen[at + 1] = size;
    } else if (size > 0) seen[at] = total + powers * pow(size / largest, order);
  };
  const miss = (seen: Float64Array, at: number, value: number): void => {
    seen[at + 2] = numberAt(seen, at + 2) + value;
  };
  return {
    zero: [0, 0, 0],
    push: (seen, at, value) => {
      const size = Math.abs(value);
      if (size < Infinity) join(seen, at, 1, size);
      else miss(seen, at, size);
    },
    combine: (seen, at, later, from) => {
      join(seen, at, numberAt(later, from), numberAt(later, from + 1));
      miss(seen, at, numberAt(later, from + 2));
    },
    result: (seen, at) => {
      const notFinite = numberAt(seen, at + 2);
      return notFinite === 0 ? numberAt(seen, at + 1) * pow(numberAt(seen, at), 1 / order) : notFinite;
    },
  };
}

function numberAt(numbers: Float64Array, at: number): number {
  return numbers[at] ?? NaN;
}
