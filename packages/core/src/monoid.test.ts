import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { monoidOf, type Monoid } from './monoid.ts';
import type { Reduction } from './operation.ts';

const reductions: readonly Reduction[] = [
  ...(['sum', 'mean', 'max', 'min', 'any', 'all'] as const).map((op) => ({ op, over: 'leaf' as const })),
  ...[0.5, 1, 2, 3, 40, Infinity].map((order) => ({ op: 'norm' as const, over: 'leaf' as const, order })),
];
const cases = reductions.map(
  (reduction) =>
    [
      reduction.op === 'norm' ? `norm of order ${reduction.order}` : reduction.op,
      monoidOf(reduction),
    ] as const,
);

function seenBy({ zero, push }: Monoid, values: readonly number[]): Float64Array {
  const seen = Float64Array.from(zero);
  for (const value of values) push(seen, 0, value);
  return seen;
}

const resultOf = (monoid: Monoid, values: readonly number[]): number =>
  monoid.result(seenBy(monoid, values), 0, values.length);

const numbers = fc.array(
  fc.oneof(fc.integer({ min: -100, max: 100 }), fc.constantFrom(-0, NaN, Infinity, -Infinity, 1e38, 1e-38)),
  { maxLength: 6 },
);

test.each([
  ['sum', 7, 0],
  ['mean', 3.5, NaN],
  ['max', 4, -Infinity],
  ['min', 3, Infinity],
  ['norm of order 1', 7, 0],
  ['norm of order 2', 5, 0],
  ['norm of order 3', 91 ** (1 / 3), 0],
  ['norm of order Infinity', 4, 0],
])('%s of (3, 4) is %f, of nothing %f', (name, ofNumbers, ofNothing) => {
  const monoid = cases.find(([known]) => known === name)?.[1] ?? monoidOf({ op: 'sum', over: 'leaf' });
  expect(resultOf(monoid, [3, 4])).toBeCloseTo(ofNumbers, 12);
  expect(resultOf(monoid, [])).toBe(ofNothing);
});

test.each(cases)('%s: what has seen nothing adds nothing, before or after', (_, monoid) => {
  fc.assert(
    fc.property(numbers, (values) => {
      const before = Float64Array.from(monoid.zero);
      monoid.combine(before, 0, seenBy(monoid, values), 0);
      const after = seenBy(monoid, values);
      monoid.combine(after, 0, Float64Array.from(monoid.zero), 0);
      const expected = resultOf(monoid, values);
      expect(monoid.result(before, 0, values.length)).toBe(expected);
      expect(monoid.result(after, 0, values.length)).toBe(expected);
    }),
  );
});

test.each(cases)('%s: two parts put together see what one sees that has seen both', (_, monoid) => {
  fc.assert(
    fc.property(numbers, numbers, (first, second) => {
      const seen = seenBy(monoid, first);
      monoid.combine(seen, 0, seenBy(monoid, second), 0);
      const [together, expected] = [
        monoid.result(seen, 0, first.length + second.length),
        resultOf(monoid, [...first, ...second]),
      ];
      if (Number.isFinite(expected))
        expect(Math.abs(together - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
      else expect(together).toBe(expected);
    }),
  );
});

test.each(cases)('%s keeps what it has seen where it is told to', (_, monoid) => {
  const width = monoid.zero.length;
  const seen = Float64Array.from([...monoid.zero, ...monoid.zero, ...monoid.zero]);
  monoid.push(seen, width, 3);
  monoid.push(seen, width, 4);
  expect(Array.from(seen.subarray(0, width))).toEqual(monoid.zero);
  expect(Array.from(seen.subarray(2 * width))).toEqual(monoid.zero);
  expect(monoid.result(seen, width, 2)).toBe(resultOf(monoid, [3, 4]));
});
