import { expect, test } from 'vitest';
import { decodeBits } from './decodeBits.ts';

test('1 and -0.5 come out of their bits', () => {
  expect(decodeBits('3f800000bf000000')).toEqual(new Float32Array([1, -0.5]));
});

test('NaN, infinities, -0 and the smallest denormal survive', () => {
  expect(Array.from(decodeBits('7fc000007f800000ff8000008000000000000001'))).toEqual([
    Number.NaN,
    Infinity,
    -Infinity,
    -0,
    2 ** -149,
  ]);
});

test('no bits are no numbers', () => {
  expect(decodeBits('')).toEqual(new Float32Array(0));
});

test.each(['3f8', '3F800000', '3f80000g', '3f800000 '])(
  'text that is not whole groups is refused: %s',
  (bits) => {
    expect(() => decodeBits(bits)).toThrow('groups of 8');
  },
);
