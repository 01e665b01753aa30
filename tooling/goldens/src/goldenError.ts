import type { GoldenMeasure } from './goldenCase.ts';

/** Below this size an error counts as if the number had it: a few of the smallest denormals are no error. */
const FLOOR = 1e-38;

/**
 * How far `actual` is from `expected`, one leaf each; a case passes where this is at most its tolerance.
 *
 * - `bits`: 0 if every bit is the same (any NaN equals any NaN), else Infinity.
 * - `entry`: the largest `|a - b| / max(|b|, 1e-38)` of all entries.
 * - `leaf`: the largest `|a - b|` of all entries over `max(largest finite |b|, 1e-38)`, for parameters, which are sums.
 *
 * NaN must meet NaN, an infinity the same infinity, and the lengths must agree, or the error is Infinity.
 *
 * @example goldenError('leaf', [1.5, 10], [1, 10]) // 0.05
 */
export function goldenError(
  measure: GoldenMeasure,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): number {
  if (actual.length !== expected.length) return Infinity;
  const pairs = Array.from(expected, (b, index) => ({ a: actual[index] ?? Number.NaN, b }));
  if (measure === 'bits') return pairs.every(({ a, b }) => Object.is(a, b)) ? 0 : Infinity;
  if (!pairs.every(({ a, b }) => (Number.isFinite(a) && Number.isFinite(b)) || Object.is(a, b)))
    return Infinity;
  const finite = pairs.filter(({ b }) => Number.isFinite(b));
  const largest = finite.reduce((size, { b }) => Math.max(size, Math.abs(b)), FLOOR);
  return finite.reduce((error, { a, b }) => {
    const size = measure === 'leaf' ? largest : Math.max(Math.abs(b), FLOOR);
    return Math.max(error, Math.abs(a - b) / size);
  }, 0);
}
