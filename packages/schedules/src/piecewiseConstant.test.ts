import { expect, test } from 'vitest';
import { piecewiseConstant } from './piecewiseConstant.ts';

test('takes the next value at the boundary itself', () => {
  const schedule = piecewiseConstant({ boundaries: [2, 4], values: [3, 2, 1] });
  expect([0, 1, 2, 3, 4, 100].map(schedule)).toEqual([3, 3, 2, 2, 1, 1]);
});

test('without boundaries is one constant', () => {
  expect(piecewiseConstant({ boundaries: [], values: [7] })(5)).toBe(7);
});

test('may start at infinity: a threshold that begins to clip later', () => {
  const schedule = piecewiseConstant({ boundaries: [100], values: [Infinity, 1] });
  expect([schedule(99), schedule(100)]).toEqual([Infinity, 1]);
});

test('keeps its values when the arrays it was given change', () => {
  const boundaries = [2];
  const values = [3, 2];
  const schedule = piecewiseConstant({ boundaries, values });
  boundaries[0] = 50;
  values[1] = 99;
  expect(schedule(2)).toBe(2);
  expect(schedule.toJSON().options).toEqual({ boundaries: [2], values: [3, 2] });
});

test('refuses boundaries that do not rise, are not whole or do not fit the values', () => {
  expect(() => piecewiseConstant({ boundaries: [4, 4], values: [3, 2, 1] })).toThrow(
    'boundaries must rise, but boundaries[1] is 4 after 4',
  );
  expect(() => piecewiseConstant({ boundaries: [0], values: [3, 2] })).toThrow(
    'boundaries[0] must be a whole',
  );
  expect(() => piecewiseConstant({ boundaries: [1.5], values: [3, 2] })).toThrow('but it is 1.5');
  expect(() => piecewiseConstant({ boundaries: [1], values: [3] })).toThrow(
    'there are 1 values and 1 boundaries',
  );
  expect(() => piecewiseConstant({ boundaries: [1], values: [3, NaN] })).toThrow('values[1]');
  // @ts-expect-error Optax's object of factors is not a list
  expect(() => piecewiseConstant({ boundaries: { 100: 0.1 }, values: [1] })).toThrow(
    'boundaries must be an array',
  );
});
