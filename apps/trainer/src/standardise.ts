import type { Column, Dataset } from './dataset.ts';
import type { Split } from './splitRows.ts';

export interface Standardised extends Split {
  /** The predictors that have one value only in the training rows; they are 0 everywhere. */
  readonly constant: readonly string[];
}

/**
 * Shifts and scales each predictor so that it has mean 0 and standard deviation 1 over the training rows. Validation rows are
 * shifted and scaled by the same two numbers, so that nothing is learned from them. Targets stay as they are.
 *
 * A predictor that is constant over the training rows says nothing and has no scale: it becomes 0 in all rows.
 */
export function standardise({ training, validation }: Split): Standardised {
  const scales = new Map(training.predictors.map(({ name, values }) => [name, measure(values)]));
  const scaleColumn = ({ name, values }: Column): Column => {
    const { mean, deviation } = scales.get(name) ?? { mean: 0, deviation: 0 };
    return { name, values: values.map((value) => (deviation === 0 ? 0 : (value - mean) / deviation)) };
  };
  const scaleDataset = ({ predictors, targets }: Dataset): Dataset => ({
    predictors: predictors.map(scaleColumn),
    targets,
  });
  return {
    training: scaleDataset(training),
    validation: scaleDataset(validation),
    constant: [...scales].filter(([, { deviation }]) => deviation === 0).map(([name]) => name),
  };
}

/** Mean and population standard deviation; the deviation of equal values is exactly 0. */
function measure(values: readonly number[]): { mean: number; deviation: number } {
  const [first] = values;
  if (first === undefined || values.every((value) => value === first))
    return { mean: first ?? 0, deviation: 0 };
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0);
  return { mean, deviation: Math.sqrt(variance) };
}
