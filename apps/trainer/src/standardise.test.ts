import { expect, test } from 'vitest';
import { standardise } from './standardise.ts';

const targets = [{ name: 'y', values: [7] }];

function standardiseColumn(
  training: number[],
  validation: number[],
): { training: unknown; validation: unknown; constant: unknown } {
  const result = standardise({
    training: { predictors: [{ name: 'x', values: training }], targets },
    validation: { predictors: [{ name: 'x', values: validation }], targets },
  });
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

test('a constant predictor becomes 0, in validation rows too, and is named', () => {
  expect(standardiseColumn([0.1, 0.1, 0.1], [0.1, 9])).toEqual({
    training: [0, 0, 0],
    validation: [0, 0],
    constant: ['x'],
  });
});

test('the largest float32 numbers do not overflow', () => {
  expect(standardiseColumn([3e38, -3e38], [0])).toEqual({ training: [1, -1], validation: [0], constant: [] });
});

test('targets stay as they are', () => {
  const { training } = standardise({
    training: { predictors: [{ name: 'x', values: [1, 2] }], targets },
    validation: { predictors: [{ name: 'x', values: [1] }], targets },
  });
  expect(training.targets).toEqual(targets);
});
