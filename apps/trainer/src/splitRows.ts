import { rowCount } from './dataset.ts';
import type { Column, Dataset } from './dataset.ts';
import { InputError } from './inputError.ts';
import { shuffledIndices } from './seededRandom.ts';
import type { Random } from './seededRandom.ts';

/** The same columns over two sets of rows that share none. */
export interface Split {
  readonly training: Dataset;
  readonly validation: Dataset;
}

/**
 * Deals the rows at random into those to train on and those to validate on, of which there are `validationFraction`, rounded, but
 * at least one of each.
 *
 * @throws {InputError} if there are fewer than two rows.
 */
export function splitRows(dataset: Dataset, options: { validationFraction: number; random: Random }): Split {
  const rows = rowCount(dataset);
  if (rows < 2) {
    throw new InputError(
      `There ${rows === 1 ? 'is 1 row' : 'are 0 rows'} of numbers, but at least 2 are needed: one to train on, one to validate on.`,
    );
  }
  const wanted = Math.round(options.validationFraction * rows);
  const validationRows = Math.min(Math.max(wanted, 1), rows - 1);
  const order = shuffledIndices(rows, options.random);
  return {
    validation: takeRows(dataset, order.slice(0, validationRows)),
    training: takeRows(dataset, order.slice(validationRows)),
  };
}

function takeRows(dataset: Dataset, rows: readonly number[]): Dataset {
  const take = ({ name, values }: Column): Column => ({
    name,
    values: rows.flatMap((row) => values.slice(row, row + 1)),
  });
  return { predictors: dataset.predictors.map(take), targets: dataset.targets.map(take) };
}
