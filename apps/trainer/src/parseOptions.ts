import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { parse } from 'csv-parse/sync';
import { clippings } from './clipping.ts';
import type { Clipping } from './clipping.ts';
import { parseCount, parseNumber, parsePositive, parseSeed } from './numberOption.ts';

export interface TrainerOptions {
  /** The user's own table; without it, the wages survey. */
  readonly data: { readonly path: string; readonly targets: readonly string[] } | undefined;
  /** One run, or all of them one after the other. */
  readonly clippings: readonly Clipping[];
  readonly threshold: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly validationFraction: number;
  readonly seed: number;
  readonly json: boolean;
}

const explanation = `
Without --data it trains on the wages of 534 workers (Current Population Survey, 1985): ten predictors, two targets (the
hourly wage in dollars and its logarithm). Without --clip it trains three times, from the same weights and on the same
batches, and compares: no clipping, all gradients scaled together so that their norm is at most the threshold, each entry
of a gradient cut off at plus or minus the threshold.

The loss is the mean squared error; of an epoch, its mean over the epoch's rows. The table at the end gives the loss with
the final weights, the largest norm of the gradients before clipping and the share of steps in which clipping changed
them. Nothing is written to disk.

Data: a CSV file in UTF-8 with a first line of column names and numbers in all other cells. Every column that is not a
target is a predictor. Predictors are shifted and scaled to mean 0 and standard deviation 1 over the training rows (a
constant one becomes 0); targets stay as they are.

Output: a progress bar and the table on a terminal; when piped, a line for each epoch such as "Epoch 1, Loss: 0.1234",
then the table. Notes and errors go to the error output.

Exit codes: 0 done; 1 the one run asked for by --clip diverged; 2 an option or the data cannot be used; 130 interrupted.

Examples:
  trainer
  trainer --clip norm --threshold 0.5 --epochs 100
  trainer --data houses.csv --target price,rent
  trainer --json > result.json
`;

/**
 * Reads the command line.
 *
 * @throws {CommanderError} after printing help (exit code 0), or one line on what is wrong.
 */
export function parseOptions(
  args: readonly string[],
  output: { writeOut(text: string): void; writeErr(text: string): void },
): TrainerOptions {
  const command = new Command('trainer')
    .description(
      'Trains SimpleNet (Linear 10-5, ReLU, Linear 5-2) with SGD behind a gradient clip, on TensorFlow.js.',
    )
    .addOption(new Option('--data <file>', 'CSV file to train on, instead of the wages survey'))
    .addOption(
      new Option('--target <columns>', 'columns of the CSV file to predict, separated by commas').argParser(
        parseNames,
      ),
    )
    .addOption(
      new Option('--clip <kind>', 'one run with this clipping, instead of all three').choices(clippings),
    )
    .addOption(
      new Option('--threshold <number>', 'norm or value to clip at').argParser(parsePositive).default(1),
    )
    .addOption(
      new Option('--learning-rate <number>', 'learning rate of SGD').argParser(parsePositive).default(0.01),
    )
    .addOption(new Option('--batch-size <rows>', 'rows in a batch').argParser(parseCount).default(32))
    .addOption(
      new Option('--epochs <number>', 'passes over the training rows').argParser(parseCount).default(50),
    )
    .addOption(
      new Option('--validation-fraction <share>', 'share of the rows to validate on')
        .argParser(parseShare)
        .default(0.2),
    )
    .addOption(
      new Option('--seed <number>', 'for the split, the first weights and the batches')
        .argParser(parseSeed)
        .default(0),
    )
    .option('--json', 'print one JSON document instead')
    .helpOption('-h, --help', 'print this text')
    .addHelpText('after', explanation)
    .configureHelp({ helpWidth: 120 })
    .configureOutput({
      ...output,
      outputError: (message, write) => write(`${message.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`),
    })
    .exitOverride();
  command.parse(args, { from: 'user' });

  const { data, target, clip, json = false, ...numbers } = command.opts();
  if (data !== undefined && target === undefined) {
    return command.error('error: --data needs --target: which columns of the file are to be predicted?');
  }
  if (data === undefined && target !== undefined) {
    return command.error('error: --target names columns of a CSV file; give the file with --data.');
  }
  if (clip === 'none' && command.getOptionValueSource('threshold') === 'cli') {
    return command.error('error: --threshold means nothing with --clip none; leave one of them out.');
  }
  return {
    ...numbers,
    json,
    data: data === undefined || target === undefined ? undefined : { path: data, targets: target },
    clippings: clip === undefined ? clippings : [clip],
  };
}

function parseShare(text: string): number {
  const value = parseNumber(text);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError('It must be a number between 0 and 1, both excluded.');
}

function parseNames(text: string): readonly string[] {
  const [names, ...more] = parseLine(text);
  if (names === undefined || more.length > 0 || names.includes('')) {
    throw new InvalidArgumentError('It must be column names separated by commas.');
  }
  return names;
}

function parseLine(text: string): readonly (readonly string[])[] {
  try {
    return parse(text, { trim: true });
  } catch {
    return [];
  }
}
