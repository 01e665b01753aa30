import { describe, expect, test } from 'vitest';
import { goldenError } from './goldenError.ts';

describe('bits', () => {
  test('the same numbers have error 0, NaN included', () => {
    expect(goldenError('bits', [1, Number.NaN, -0], [1, Number.NaN, -0])).toBe(0);
  });

  test('-0 is not 0', () => {
    expect(goldenError('bits', [0], [-0])).toBe(Infinity);
  });

  test('the next float32 is not the same', () => {
    expect(goldenError('bits', [1 + 2 ** -23], [1])).toBe(Infinity);
  });
});

describe('entry', () => {
  test('each entry is measured by its own size', () => {
    expect(goldenError('entry', [1.5, 10], [1, 10])).toBe(0.5);
  });

  test('-0 and 0 are alike', () => {
    expect(goldenError('entry', [0], [-0])).toBe(0);
  });

  test('beside 0 the floor of 1e-38 counts', () => {
    expect(goldenError('entry', [1e-44], [0])).toBeCloseTo(1e-6, 12);
  });
});

describe('leaf', () => {
  test('every entry is measured by the largest of the leaf', () => {
    expect(goldenError('leaf', [1.5, 10], [1, -10])).toBe(2);
    expect(goldenError('leaf', [1.5, 10], [1, 10])).toBe(0.05);
  });

  test('an infinity is not the size of its leaf', () => {
    expect(goldenError('leaf', [1.5, Infinity], [1, Infinity])).toBe(0.5);
  });
});

test.each(['entry', 'leaf'] as const)('%s: NaN meets only NaN, and an infinity only itself', (measure) => {
  expect(goldenError(measure, [Number.NaN, 1], [Number.NaN, 1])).toBe(0);
  expect(goldenError(measure, [Number.NaN, 1], [0, 1])).toBe(Infinity);
  expect(goldenError(measure, [0, 1], [Number.NaN, 1])).toBe(Infinity);
  expect(goldenError(measure, [Infinity], [-Infinity])).toBe(Infinity);
  expect(goldenError(measure, [3e38], [Infinity])).toBe(Infinity);
});

test.each(['bits', 'entry', 'leaf'] as const)('%s: a missing entry is no match', (measure) => {
  expect(goldenError(measure, [1], [1, 2])).toBe(Infinity);
  expect(goldenError(measure, [1, 2], [1])).toBe(Infinity);
});
