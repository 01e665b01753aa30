import { expect, test } from 'vitest';
import { cutIntoDataset, rowCount } from './dataset.ts';

const columns = ['a', 'b', 'c'].map((name, index) => ({ name, values: [index, index + 10] }));
const table = { source: '"t.csv"', columns };
const [a, b, c] = columns;

test('takes targets in the order named and predictors in the order of the table', () => {
  const dataset = cutIntoDataset(table, ['c', 'a']);
  expect(dataset).toEqual({ targets: [c, a], predictors: [b] });
  expect(rowCount(dataset)).toBe(2);
});

test('refuses a target that is not there, and says which columns are', () => {
  expect(() => cutIntoDataset(table, ['A'])).toThrow(
    '"t.csv" has no column "A"; its columns are "a", "b", "c".',
  );
});

test('refuses a target named twice and a table of nothing but targets', () => {
  expect(() => cutIntoDataset(table, ['a', 'a'])).toThrow('--target names the column "a" twice.');
  expect(() => cutIntoDataset(table, ['a', 'b', 'c'])).toThrow('none is left to predict from');
});
