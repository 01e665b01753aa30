import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { clippings } from './clipping.ts';
import type { Clipping } from './clipping.ts';
import { addParagraphs } from './helpText.ts';
import { InputError } from './inputError.ts';
import { parseCount, parseNumber, parsePositive, parseSeed } from './numberOption.ts';
import { tableSourceOf, addTableOptions } from './tableOptions.ts';
import type { TableSource } from './tableSource.ts';

/** What the main job is asked to do. */
export interface TrainerOptions {
  /** The user's own table; without it, the wages survey. */
  readonly data: TableSource | undefined;
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

/** The command of the main job. */
export type MainCommand = Command<
  [],
  {
    clip?: Clipping;
    threshold: number;
    learningRate: number;
    batchSize: number;
    epochs: number;
    validationFraction: number;
    seed: number;
    json?: true;
  }
>;

const usage = `[options]
       trainer train <task> [options]
       trainer compare <runs...> [options]
       trainer sweep <task> --clip <kind:thresholds> [options]`;

const paragraphs = [
  'Without --clip it trains three times, from the same weights and on the same batches, and compares: no clipping, all gradients ' +
    'scaled together so that their norm is at most the threshold, each entry of a gradient cut off at plus or minus the threshold.',
  'The loss is the mean squared error; of an epoch, its mean over the epoch\u2019s rows. The table at the end gives the loss with the ' +
    'final weights, the largest norm of the gradients before clipping and the share of steps in which clipping changed them. The ' +
    'main job writes nothing to disk.',
  'Data: UTF-8, a first line of names, then a row a line. Every column that is neither a target nor left out is a predictor, shifted ' +
    'and scaled to mean 0 and standard deviation 1 over the training rows; a constant one becomes 0. Texts become a column of 0 and ' +
    '1 each. Targets stay as they are. Empty cells, NA, N/A, NaN, null and ? are missing values.',
  'Output: a progress bar and the table on a terminal; when piped, a line for each epoch such as "Epoch 1, Loss: 0.1234", then the ' +
    'table. Notes and errors go to the error output.',
  'Exit codes: 0 done; 1 the one run asked for diverged; 2 an option or the data cannot be used; 70 a fault of the trainer; 130 ' +
    'interrupted.',
  `Examples:
  trainer
  trainer --clip norm --threshold 0.5 --epochs 100
  trainer --data houses.csv --target price,rent
  trainer --json > result.json
  trainer train char-lstm --clip global-norm:1
  trainer train --help`,
];

/** The command of the main job, which has no action yet. */
export function mainCommand(): MainCommand {
  const command = new Command('trainer')
    .usage(usage)
    .description(
      'Without a command, the main job: trains SimpleNet (Linear 10-5, ReLU, Linear 5-2) with SGD behind a gradient clip, on the ' +
        'wages of 534 workers (ten predictors; two targets, the hourly wage in dollars and its logarithm) or on a table of your own.',
    )
    .optionsGroup('The main job:')
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
      new Option('--validation-fraction <share>', 'of the rows to validate on')
        .argParser(parseShare)
        .default(0.2),
    )
    .addOption(
      new Option('--seed <number>', 'for split, first weights and batches').argParser(parseSeed).default(0),
    )
    .option('--json', 'print one JSON document instead')
    .helpOption('-h, --help', 'print this text');
  addTableOptions(command);
  addParagraphs(command, paragraphs);
  return command;
}

/**
 * What the main job's options say.
 *
 * @throws {InputError} if one of them means nothing beside the others.
 */
export function mainOptions(command: MainCommand): TrainerOptions {
  const {
    clip,
    json = false,
    threshold,
    learningRate,
    batchSize,
    epochs,
    validationFraction,
    seed,
  } = command.opts();
  const data = tableSourceOf(command);
  if (clip === 'none' && command.getOptionValueSource('threshold') === 'cli') {
    throw new InputError('--threshold means nothing with --clip none; leave one of them out.');
  }
  return {
    data,
    clippings: clip === undefined ? clippings : [clip],
    threshold,
    learningRate,
    batchSize,
    epochs,
    validationFraction,
    seed,
    json,
  };
}

function parseShare(text: string): number {
  const value = parseNumber(text);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError('It must be a number between 0 and 1, both excluded.');
}
