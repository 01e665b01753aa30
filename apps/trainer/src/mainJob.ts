import type { Clipping } from './clipping.ts';
import { comparisonTable } from './comparisonTable.ts';
import { countOf } from './countOf.ts';
import { rowCount } from './dataset.ts';
import type { Column, Dataset } from './dataset.ts';
import { formatNumber } from './formatNumber.ts';
import type { TrainerOptions } from './mainCommand.ts';
import { drawProgressBar } from './progressBar.ts';
import { readDataset } from './readDataset.ts';
import { resultDocument } from './resultDocument.ts';
import { seededRandom } from './seededRandom.ts';
import { splitRows } from './splitRows.ts';
import { refuseUniform, standardise, standardisedNotes } from './standardise.ts';
import type { Standardised } from './standardise.ts';
import type { TrainingObserver, TrainingRun } from './train.ts';
import { readWageSurvey } from './wages.ts';

/**
 * Does the main job on the process's own streams.
 *
 * @returns the exit code: 0 done, 1 the one run asked for diverged.
 * @throws {InputError} if the data cannot be used; the signal's reason once it is aborted.
 */
export async function runMainJob(options: TrainerOptions, signal: AbortSignal): Promise<number> {
  const { dataset, notes } = readData(options);
  const data = standardise(
    splitRows(dataset, {
      validationFraction: options.validationFraction,
      random: seededRandom(options.seed, 0),
    }),
  );
  refuseUniform(data, sourceOf(options));
  process.stderr.write(describeData(options, data, notes));
  const runs: TrainingRun[] = [];
  for (const clipping of options.clippings) runs.push(await trainShown(data, clipping, options, signal));
  process.stdout.write(
    options.json
      ? `${JSON.stringify(resultDocument(options, { ...data, notes }, runs), undefined, 2)}\n`
      : `${comparisonTable(runs, process.stdout.columns || Infinity)}\n`,
  );
  return runs.length === 1 && runs[0]?.divergedInEpoch !== undefined ? 1 : 0;
}

function readData({ data }: TrainerOptions): {
  readonly dataset: Dataset;
  readonly notes: readonly string[];
} {
  if (data === undefined) return { dataset: readWageSurvey(), notes: [] };
  const dataset = readDataset(data);
  return { dataset, notes: dataset.notes };
}

function sourceOf({ data }: TrainerOptions): string {
  return data?.path ?? 'Wages survey of 1985';
}

function describeData(options: TrainerOptions, data: Standardised, notes: readonly string[]): string {
  const { training, validation } = data;
  const lines = [
    ...notes,
    `${sourceOf(options)}: ${countOf(rowCount(training), 'row')} to train on, ${rowCount(validation).toLocaleString('en')} to validate on.`,
    `Predicting ${listNames(training.targets)} from ${listNames(training.predictors)}.`,
    ...standardisedNotes(data),
  ];
  return `${lines.join('\n')}\n`;
}

/** A table may have thousands of columns. */
const namesShown = 30;

function listNames(columns: readonly Column[]): string {
  const names = columns.slice(0, namesShown).map(({ name }) => name);
  const more = columns.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more.toLocaleString('en')} more` : ''}`;
}

/** Trains once, with a progress bar on a terminal and a line for each epoch elsewhere. */
async function trainShown(
  data: Standardised,
  clipping: Clipping,
  options: TrainerOptions,
  signal: AbortSignal,
): Promise<TrainingRun> {
  // TensorFlow.js takes a second to load: not before the options and the data are known to be good.
  const { stepsPerEpoch, train } = await import('./train.ts');
  const steps = options.epochs * stepsPerEpoch(data.training, options.batchSize);
  if (process.stderr.isTTY && (options.json || process.stdout.isTTY)) {
    const bar = drawProgressBar(process.stderr, { name: clipping, steps, epochs: options.epochs });
    try {
      return await train(data, clipping, options, { observer: bar, signal });
    } finally {
      bar.stop();
    }
  }
  if (!options.json && options.clippings.length > 1) process.stdout.write(`Clipping: ${clipping}\n`);
  return train(data, clipping, options, { observer: options.json ? silent : epochLines, signal });
}

const silent: TrainingObserver = { step: () => undefined, epoch: () => undefined };

const epochLines: TrainingObserver = {
  step: () => undefined,
  epoch: ({ epoch, loss }) => process.stdout.write(`Epoch ${epoch}, Loss: ${formatNumber(loss)}\n`),
};
