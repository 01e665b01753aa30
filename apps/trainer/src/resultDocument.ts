import { rowCount } from './dataset.ts';
import type { Column } from './dataset.ts';
import type { TrainerOptions } from './mainCommand.ts';
import type { Standardised } from './standardise.ts';
import type { TrainingRun } from './train.ts';

/** All there is to say about the runs, as data for JSON. A number that is not finite becomes null. */
export function resultDocument(
  options: TrainerOptions,
  data: Standardised & { readonly notes: readonly string[] },
  runs: readonly TrainingRun[],
): object {
  const { threshold, learningRate, batchSize, epochs, validationFraction, seed } = options;
  return {
    data: {
      source: options.data?.path ?? 'Wages survey of 1985',
      predictors: names(data.training.predictors),
      targets: names(data.training.targets),
      constantPredictors: data.constant,
      notes: data.notes,
      trainingRows: rowCount(data.training),
      validationRows: rowCount(data.validation),
    },
    options: { threshold, learningRate, batchSize, epochs, validationFraction, seed },
    runs: runs.map((run) => ({
      clipping: run.clipping,
      transform: run.transform,
      epochLosses: run.epochs.map(({ loss }) => loss),
      trainingLoss: run.trainingLoss,
      validationLoss: run.validationLoss,
      largestGradientNorm: run.gradients.largestNorm,
      clippedShare: run.gradients.clippedShare,
      steps: run.gradients.steps,
      divergedInEpoch: run.divergedInEpoch ?? null,
    })),
  };
}

function names(columns: readonly Column[]): readonly string[] {
  return columns.map(({ name }) => name);
}
