import { CommanderError } from '@commander-js/extra-typings';
import type { Clipping } from './clipping.ts';
import { comparisonTable } from './comparisonTable.ts';
import { cutIntoDataset, rowCount } from './dataset.ts';
import type { Column, Dataset } from './dataset.ts';
import { formatNumber } from './formatNumber.ts';
import { InputError } from './inputError.ts';
import { parseOptions } from './parseOptions.ts';
import type { TrainerOptions } from './parseOptions.ts';
import { drawProgressBar } from './progressBar.ts';
import { readTable } from './readTable.ts';
import { resultDocument } from './resultDocument.ts';
import { seededRandom } from './seededRandom.ts';
import { splitRows } from './splitRows.ts';
import { standardise } from './standardise.ts';
import type { Standardised } from './standardise.ts';
import type { TrainingObserver, TrainingRun } from './train.ts';
import { readWageSurvey } from './wages.ts';

/**
 * Runs the command line on the process's own streams.
 *
 * @returns the exit code: 0 done, 1 the one run asked for diverged, 2 an option or the data cannot be used, 130 interrupted.
 */
export async function runCli(args: readonly string[], signal: AbortSignal): Promise<number> {
  try {
    const options = parseOptions(args, {
      writeOut: (text) => process.stdout.write(text),
      writeErr: (text) => process.stderr.write(text),
    });
    const data = standardise(
      splitRows(readData(options), {
        validationFraction: options.validationFraction,
        random: seededRandom(options.seed, 0),
      }),
    );
    process.stderr.write(describeData(options, data));
    const runs: TrainingRun[] = [];
    for (const clipping of options.clippings) runs.push(await trainShown(data, clipping, options, signal));
    process.stdout.write(
      options.json
        ? `${JSON.stringify(resultDocument(options, data, runs), undefined, 2)}\n`
        : `${comparisonTable(runs, process.stdout.columns || Infinity)}\n`,
    );
    return runs.length === 1 && runs[0]?.divergedInEpoch !== undefined ? 1 : 0;
  } catch (error) {
    if (signal.aborted) {
      process.stderr.write('Interrupted; nothing was written.\n');
      return 130;
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return 2;
  }
}

function readData({ data }: TrainerOptions): Dataset {
  return data === undefined ? readWageSurvey() : cutIntoDataset(readTable(data.path), data.targets);
}

function describeData(options: TrainerOptions, { training, validation, constant }: Standardised): string {
  const source = options.data === undefined ? 'Wages survey of 1985' : options.data.path;
  const lines = [
    `${source}: ${rowCount(training)} rows to train on, ${rowCount(validation)} to validate on.`,
    `Predicting ${listNames(training.targets)} from ${listNames(training.predictors)}.`,
  ];
  if (constant.length > 0) {
    lines.push(
      `Constant in the training rows, so that nothing can be learned from it: ${constant.join(', ')}.`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function listNames(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ');
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
