/** One quantity over all rows; a value that is missing is NaN. */
export interface Column {
  readonly name: string;
  readonly values: readonly number[];
}

/** A table cut into what is known (predictors) and what is to be learned (targets). */
export interface Dataset {
  readonly predictors: readonly Column[];
  readonly targets: readonly Column[];
}

/** How many rows a dataset has. */
export function rowCount(dataset: Dataset): number {
  return dataset.targets[0]?.values.length ?? 0;
}
