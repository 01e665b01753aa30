import { expect, test } from 'vitest';
import { piecewiseInterpolate } from './piecewiseInterpolate.ts';

test('goes through its values in straight lines', () => {
  const schedule = piecewiseInterpolate({ boundaries: [2, 6], values: [0, 1, 0.5] });
  expect([0, 1, 2, 4, 6, 7].map(schedule)).toEqual([0, 0.5, 1, 0.75, 0.5, 0.5]);
});

test('goes through its values along cosine waves, half of the way in the middle', () => {
  const schedule = piecewiseInterpolate({ boundaries: [2, 8], values: [0, 1, 0], interpolation: 'cosine' });
  expect([schedule(0), schedule(2), schedule(8)]).toEqual([0, 1, 0]);
  expect(schedule(1)).toBeCloseTo(0.5, 15);
  expect(schedule(4)).toBeCloseTo(0.75, 15);
  expect(schedule(5)).toBeCloseTo(0.5, 15);
});

test('refuses an unknown interpolation, naming those there are', () => {
  expect(() =>
    // @ts-expect-error the interpolation is called cosine
    piecewiseInterpolate({ boundaries: [1], values: [0, 1], interpolation: 'cos' }),
  ).toThrow('"cos". Did you mean "cosine"? Known: linear, cosine.');
});

test('refuses infinite values, which nothing lies between', () => {
  expect(() => piecewiseInterpolate({ boundaries: [1], values: [Infinity, 1] })).toThrow('values[0]');
});
