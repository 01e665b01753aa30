import { expect, test } from 'vitest';
import { smooth } from './smooth.ts';

const points = (...values: readonly number[]): { step: number; value: number }[] =>
  values.map((value, index) => ({ step: index + 1, value }));

test('a point is the mean of the steps up to it', () => {
  expect(smooth(points(1, 3, 5, 7), 2)).toEqual([
    { x: 1, y: 1 },
    { x: 2, y: 2 },
    { x: 3, y: 4 },
    { x: 4, y: 6 },
  ]);
});

test('steps without a value are left out, also of the means over others', () => {
  const gathered = points(NaN, 2, NaN, 4, NaN, 9, Infinity);
  expect(smooth(gathered, 1)).toEqual([
    { x: 2, y: 2 },
    { x: 4, y: 4 },
    { x: 6, y: 9 },
  ]);
  expect(smooth(gathered, 4)).toEqual([
    { x: 2, y: 2 },
    { x: 4, y: 3 },
    { x: 6, y: 6.5 },
  ]);
});

test('of many points every so-manieth is left, and the last, never those without a value alone', () => {
  const gathered = points(...Array.from({ length: 1000 }, (_, index) => (index % 2 === 0 ? NaN : 1)));
  const thinned = smooth(gathered, 1, 100);
  expect(thinned).toHaveLength(101);
  expect(thinned.at(-1)).toEqual({ x: 1000, y: 1 });
});
