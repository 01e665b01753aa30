import { expect, test } from 'vitest';
import { seededRandom, shuffledIndices } from './seededRandom.ts';

function order(seed: number, stream: number): string {
  return shuffledIndices(20, seededRandom(seed, stream)).join();
}

test('shuffling keeps every index once', () => {
  const shuffled = shuffledIndices(100, seededRandom(0, 0));
  expect(shuffled).not.toEqual(shuffled.toSorted((x, y) => x - y));
  expect(new Set(shuffled)).toEqual(new Set(Array.from({ length: 100 }, (_, index) => index)));
});

test('the same seed gives the same order; another seed or stream another', () => {
  expect(order(3, 1)).toBe(order(3, 1));
  expect(order(3, 1)).not.toBe(order(4, 1));
  expect(order(3, 1)).not.toBe(order(3, 2));
});

test('every order of three is about equally likely', () => {
  const random = seededRandom(1, 0);
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 6000; draw++) {
    const drawn = shuffledIndices(3, random).join('');
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  // 1000 expected of each, with a standard deviation of 29.
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('nothing and one thing can be shuffled', () => {
  expect(shuffledIndices(0, seededRandom(0, 0))).toEqual([]);
  expect(shuffledIndices(1, seededRandom(0, 0))).toEqual([0]);
});
