import { expect, test } from 'vitest';
import { ratioOf, spreadOf, type Round } from './statistics.ts';

const rounds = (milliseconds: Readonly<Record<number, number>>): Round[] =>
  Object.entries(milliseconds).map(([round, value]) => ({ round: Number(round), milliseconds: value }));

test('a spread is the median between the quartiles', () => {
  expect(spreadOf([5, 1, 2, 4, 3])).toEqual({ median: 3, low: 2, high: 4 });
  expect(spreadOf([7])).toEqual({ median: 7, low: 7, high: 7 });
});

test('a ratio is that of the medians, its spread that of the rounds', () => {
  const slow = rounds({ 0: 20, 1: 30, 2: 90 });
  const fast = rounds({ 0: 10, 1: 10, 2: 30 });
  expect(ratioOf(slow, fast)).toEqual({ median: 3, low: 2, high: 3 });
});

test('rounds that only one took part in are in its median, not in the spread', () => {
  expect(ratioOf(rounds({ 0: 20, 4: 40 }), rounds({ 0: 10, 1: 10, 2: 10 }))).toEqual({
    median: 3,
    low: 2,
    high: 2,
  });
  expect(ratioOf(rounds({ 0: 20 }), rounds({ 1: 10 }))).toEqual({ median: 2, low: NaN, high: NaN });
});
