import { expect, test } from 'vitest';
import { rowCount } from './dataset.ts';
import { readWageSurvey } from './wages.ts';

test('has 534 workers, ten predictors and two targets', () => {
  const { predictors, targets } = readWageSurvey();
  expect(rowCount({ predictors, targets })).toBe(534);
  expect(predictors).toHaveLength(10);
  expect(targets.map(({ name }) => name)).toEqual(['wage', 'log wage']);
});

test('starts with a hispanic woman in manufacturing who earns 5.10 dollars an hour', () => {
  const { predictors, targets } = readWageSurvey();
  expect(Object.fromEntries(predictors.map(({ name, values }) => [name, values[0]]))).toEqual({
    education: 8,
    south: 0,
    female: 1,
    experience: 21,
    union: 1,
    age: 35,
    race: 1,
    occupation: 5,
    sector: 1,
    married: 0,
  });
  expect(targets.map(({ values }) => values[0])).toEqual([5.1, Math.log(5.1)]);
});

test('has finite numbers only', () => {
  const { predictors, targets } = readWageSurvey();
  for (const { values } of [...predictors, ...targets]) expect(values.every(Number.isFinite)).toBe(true);
});
