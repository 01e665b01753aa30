import { InputError } from './inputError.ts';

/** One quantity over all rows. */
export interface Column {
  readonly name: string;
  readonly values: readonly number[];
}

/** Rows of numbers, held column by column. */
export interface Table {
  /** Where it comes from, as a message names it. */
  readonly source: string;
  readonly columns: readonly Column[];
}

/** A table cut into what is known (predictors) and what is to be learned (targets). */
export interface Dataset {
  readonly predictors: readonly Column[];
  readonly targets: readonly Column[];
}

/**
 * Takes the named columns as targets, in the order named, and all others as predictors.
 *
 * @throws {InputError} if a target is not a column or is named twice, or if no column is left to predict from.
 */
export function cutIntoDataset(table: Table, targetNames: readonly string[]): Dataset {
  const { source, columns } = table;
  const targets = targetNames.map((name, index) => {
    if (targetNames.indexOf(name) !== index) {
      throw new InputError(`--target names the column ${JSON.stringify(name)} twice.`);
    }
    const column = columns.find((candidate) => candidate.name === name);
    if (column !== undefined) return column;
    const names = columns.map((candidate) => JSON.stringify(candidate.name)).join(', ');
    throw new InputError(`${source} has no column ${JSON.stringify(name)}; its columns are ${names}.`);
  });
  const predictors = columns.filter((column) => !targetNames.includes(column.name));
  if (predictors.length === 0) {
    throw new InputError(`Every column of ${source} is a target, so that none is left to predict from.`);
  }
  return { predictors, targets };
}

/** How many rows a dataset has. */
export function rowCount(dataset: Dataset): number {
  return dataset.targets[0]?.values.length ?? 0;
}
