import { expect, test } from 'vitest';
import { rowCount } from './dataset.ts';
import type { Dataset } from './dataset.ts';
import { seededRandom } from './seededRandom.ts';
import { splitRows } from './splitRows.ts';

function rows(count: number): Dataset {
  const values = Array.from({ length: count }, (_, row) => row);
  return {
    predictors: [{ name: 'x', values }],
    targets: [{ name: 'y', values: values.map((row) => 100 + row) }],
  };
}

function validationRowsOfFour(validationFraction: number): number {
  return rowCount(splitRows(rows(4), { validationFraction, random: seededRandom(0, 0) }).validation);
}

test('deals every row to one side, predictors and targets together', () => {
  const { training, validation } = splitRows(rows(10), {
    validationFraction: 0.3,
    random: seededRandom(0, 0),
  });
  const [x, y] = [training, validation].reduce<number[][]>(
    ([xs = [], ys = []], { predictors, targets }) => [
      [...xs, ...predictors.flatMap(({ values }) => values)],
      [...ys, ...targets.flatMap(({ values }) => values)],
    ],
    [],
  );
  expect(rowCount(validation)).toBe(3);
  expect(new Set(x)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  expect(y).toEqual(x?.map((row) => 100 + row));
});

test('leaves at least one row on either side', () => {
  expect([0.001, 0.5, 0.999].map(validationRowsOfFour)).toEqual([1, 2, 3]);
});

test('refuses fewer than two rows', () => {
  const options = { validationFraction: 0.2, random: seededRandom(0, 0) };
  expect(() => splitRows(rows(1), options)).toThrow('There is 1 row of numbers, but at least 2 are needed');
  expect(() => splitRows(rows(0), options)).toThrow('There are 0 rows of numbers');
});
