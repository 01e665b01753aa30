import { expect, test } from 'vitest';
import { standardise } from './standardise.ts';
import type { Standardised } from './standardise.ts';

const targets = [{ name: 'y', values: [7] }];

function standardiseAs(training: number[], validation: number[]): Standardised {
  return standardise({
    training: { predictors: [{ name: 'x', values: training }], targets },
    validation: { predictors: [{ name: 'x', values: validation }], targets },
  });
}

function standardiseColumn(
  training: number[],
  validation: number[],
): { training: unknown; validation: unknown; constant: unknown } {
  const result = standardiseAs(training, validation);
  return {
    training: result.training.predictors[0]?.values,
    validation: result.validation.predictors[0]?.values,
    constant: result.constant,
  };
}

test('1 and 5 have mean 3 and deviation 2, which alone scale the validation rows', () => {
  expect(standardiseColumn([1, 5], [3, 1000])).toEqual({
    training: [-1, 1],
    validation: [0, 498.5],
    constant: [],
  });
});

test.each([
  ['equal', [0.1, 0.1, 0.1], [0.1, 9]],
  [
    'equal but for the last bit',
    Array.from({ length: 32 }, (_, row) => (row % 2 === 0 ? 0.3 : 0.30000000000000004)),
    [0.5, 0.3],
  ],
  ['tiny and equal', [1e-200, 1e-200], [1e-200, 3e-200]],
  ['huge and equal', [1e300, 1e300, 1e300], [1e300, -1e300]],
  ['huge and equal but for the last bit', [1e300, 1.0000000000000001e300], [1e300, 1e308]],
  ['0', [0, -0], [1, 2]],
])('predictors that are %s become 0, in validation rows too, and are named', (_, training, validation) => {
  expect(standardiseColumn(training, validation)).toEqual({
    training: training.map(() => 0),
    validation: [0, 0],
    constant: ['x'],
  });
});

test.each([
  ['the largest float32 numbers', [3e38, -3e38], [0]],
  ['the largest numbers', [1.7e308, -1.7e308], [0]],
  ['tiny numbers', [1e-200, -1e-200], [0]],
  ['the smallest numbers', [5e-324, -5e-324], [0]],
])('%s neither overflow nor vanish', (_, training, validation) => {
  expect(standardiseColumn(training, validation)).toEqual({
    training: [1, -1],
    validation: [0],
    constant: [],
  });
});

test('a difference in the ninth digit is none of rounding', () => {
  const { training, constant } = standardiseAs([1e9, 1e9 + 2], [1e9]);
  expect(training.predictors[0]?.values).toEqual([-1, 1]);
  expect(constant).toEqual([]);
});

test('a missing value becomes the mean of those that are there', () => {
  expect(standardiseColumn([1, NaN, 5], [NaN, 5])).toEqual({
    training: [-1, 0, 1],
    validation: [0, 1],
    constant: [],
  });
  expect(standardiseColumn([NaN, NaN], [3])).toMatchObject({ training: [0, 0], constant: ['x'] });
});

test('validation rows a thousand deviations away are named, and those beyond float32 refused', () => {
  expect(standardiseAs([-1, 1], [999]).distant).toEqual([]);
  expect(standardiseAs([-1, 1], [-1000]).distant).toEqual(['x']);
  expect(() => standardiseAs([-1e-200, 1e-200], [5])).toThrow(
    'Column "x" holds 5 in a row to validate on, which is too far from the rows to train on',
  );
});

test('targets stay as they are', () => {
  const { training } = standardise({
    training: { predictors: [{ name: 'x', values: [1, 2] }], targets },
    validation: { predictors: [{ name: 'x', values: [1] }], targets },
  });
  expect(training.targets).toEqual(targets);
});
