import type { Column, Dataset } from './dataset.ts';
import { InputError } from './inputError.ts';
import type { Split } from './splitRows.ts';
import { visibleText } from './visibleText.ts';

export interface Standardised extends Split {
  /** The predictors that have one value only in the training rows, up to rounding; they are 0 everywhere. */
  readonly constant: readonly string[];
  /** The predictors of which a validation row lies a thousand deviations and more away from the training rows. */
  readonly distant: readonly string[];
}

const distance = 1000;

/**
 * Shifts and scales each predictor so that it has mean 0 and standard deviation 1 over the training rows. Validation rows are
 * shifted and scaled by the same two numbers, so that nothing is learned from them. Targets stay as they are.
 *
 * A predictor that is constant over the training rows, up to rounding, says nothing and has no scale: it becomes 0 in all rows. A
 * value that is missing, NaN, becomes the mean, 0.
 *
 * @throws {InputError} if a validation row lies so far away that it is no 32-bit float in these units.
 */
export function standardise({ training, validation }: Split): Standardised {
  const scales = new Map(training.predictors.map(({ name, values }) => [name, measure(values)]));
  const scaleColumn = ({ name, values }: Column): Column => {
    const { unit, mean, deviation } = scales.get(name) ?? { unit: 1, mean: 0, deviation: 0 };
    return {
      name,
      values: values.map((value) =>
        deviation === 0 || Number.isNaN(value) ? 0 : (value / unit - mean) / deviation,
      ),
    };
  };
  const scaleDataset = ({ predictors, targets }: Dataset): Dataset => ({
    predictors: predictors.map(scaleColumn),
    targets,
  });
  const scaled = scaleDataset(validation);
  refuseBeyondFloats(validation, scaled);
  return {
    training: scaleDataset(training),
    validation: scaled,
    constant: [...scales].filter(([, { deviation }]) => deviation === 0).map(([name]) => name),
    distant: scaled.predictors
      .filter(({ values }) => values.some((value) => Math.abs(value) >= distance))
      .map(({ name }) => name),
  };
}

/** What there is to say about the predictors, a line each. */
export function standardisedNotes({ constant, distant }: Standardised): readonly string[] {
  return [
    ...(constant.length === 0
      ? []
      : [`Constant in the training rows, so that nothing can be learned from it: ${constant.join(', ')}.`]),
    ...(distant.length === 0
      ? []
      : [
          `A row to validate on is over ${distance.toLocaleString('en')} standard deviations away from those to train on, so that the ` +
            `validation loss may say little: ${distant.join(', ')}.`,
        ]),
  ];
}

/** @throws {InputError} if there is nothing to predict from, or nothing to predict. */
export function refuseUniform({ training, validation, constant }: Standardised, source: string): void {
  if (constant.length === training.predictors.length) {
    throw new InputError(
      `Every predictor of ${visibleText(source)} is constant in the rows to train on, so that there is nothing to predict from. ` +
        'Give other columns or more rows.',
    );
  }
  const isConstant = ({ values }: Column, index: number): boolean => {
    const all = [...values, ...(validation.targets[index]?.values ?? [])].map(Math.fround);
    return all.every((value) => value === all[0]);
  };
  if (!training.targets.every(isConstant)) return;
  const names = training.targets.map(({ name }) => visibleText(name)).join(', ');
  throw new InputError(
    `${names} of ${visibleText(source)} is the same 32-bit float in all rows, so that there is nothing to predict. ` +
      'Give another --target, or more rows.',
  );
}

interface Scale {
  /** A power of two, as large as the values, so that nothing leaves the range of numbers and no bit is lost. */
  readonly unit: number;
  /** In units, over the values that are there. */
  readonly mean: number;
  /** Population standard deviation, in units; 0 if the values differ by no more than what rounding makes of one. */
  readonly deviation: number;
}

/**
 * Measures a column.
 *
 * @see Chan, Golub & LeVeque 1983 for the correction of the mean; the bound is the error of a variance in two passes, which
 *   scikit-learn takes for the same purpose: https://github.com/scikit-learn/scikit-learn/pull/19527
 */
function measure(column: readonly number[]): Scale {
  const values = column.filter((value) => !Number.isNaN(value));
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return { unit: 1, mean: 0, deviation: 0 };
  const count = values.length;
  const unit = 2 ** Math.floor(Math.log2(largest));
  const average = (of: (value: number) => number): number =>
    values.reduce((sum, value) => sum + of(value / unit) / count, 0);
  const rough = average((value) => value);
  const rest = average((value) => value - rough);
  const mean = rough + rest;
  const variance = average((value) => (value - rough) ** 2) - rest ** 2;
  const epsilon = Number.EPSILON;
  const isConstant = variance <= count * epsilon * variance + (count * mean * epsilon) ** 2;
  return { unit, mean, deviation: isConstant ? 0 : Math.sqrt(variance) };
}

function refuseBeyondFloats(given: Dataset, scaled: Dataset): void {
  for (const [index, { name, values }] of scaled.predictors.entries()) {
    const row = values.findIndex((value) => !Number.isFinite(Math.fround(value)));
    if (row === -1) continue;
    throw new InputError(
      `Column ${visibleText(name)} holds ${given.predictors[index]?.values[row]} in a row to validate on, which is too far from ` +
        `the rows to train on to be scaled like them. Mend or leave out that row, or leave out the column with --drop.`,
    );
  }
}
