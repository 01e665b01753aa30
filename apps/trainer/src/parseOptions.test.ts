import { CommanderError } from '@commander-js/extra-typings';
import { expect, test } from 'vitest';
import { parseOptions } from './parseOptions.ts';

function parse(...args: string[]): { options?: unknown; code?: number; out: string; err: string } {
  const written = { out: '', err: '' };
  const output = {
    writeOut: (text: string) => void (written.out += text),
    writeErr: (text: string) => void (written.err += text),
  };
  try {
    return { options: parseOptions(args, output), ...written };
  } catch (error) {
    if (error instanceof CommanderError) return { code: error.exitCode, ...written };
    throw error;
  }
}

test('without arguments compares all clippings on the wages survey', () => {
  expect(parse().options).toEqual({
    data: undefined,
    clippings: ['none', 'norm', 'value'],
    threshold: 1,
    learningRate: 0.01,
    batchSize: 32,
    epochs: 50,
    validationFraction: 0.2,
    seed: 0,
    json: false,
  });
});

test('takes every option', () => {
  const args =
    '--data t.csv --target a,b --clip norm --threshold 5e-1 --learning-rate .1 --batch-size 8 --epochs 3 ' +
    '--validation-fraction 0.5 --seed 7 --json';
  expect(parse(...args.split(' ')).options).toEqual({
    data: { path: 't.csv', targets: ['a', 'b'] },
    clippings: ['norm'],
    threshold: 0.5,
    learningRate: 0.1,
    batchSize: 8,
    epochs: 3,
    validationFraction: 0.5,
    seed: 7,
    json: true,
  });
});

test('a target with a comma in its name is put in quotes', () => {
  expect(parse('--data', 't.csv', '--target', '"a, b", c').options).toMatchObject({
    data: { targets: ['a, b', 'c'] },
  });
});

test.each([
  [
    ['--threshold', 'NaN'],
    "error: option '--threshold <number>' argument 'NaN' is invalid. It must be a finite 32-bit float above 0.",
  ],
  [['--threshold', '0'], 'above 0'],
  [['--threshold', '-1'], 'above 0'],
  [['--threshold', 'Infinity'], 'finite'],
  [['--threshold', ''], 'finite'],
  [['--threshold', '1e39'], 'finite'],
  [['--threshold', '1e-50'], 'above 0'],
  [['--threshold'], 'argument missing'],
  [['--learning-rate', '1,5'], 'finite'],
  [['--batch-size', '2.5'], 'a whole number from 1'],
  [['--epochs', '0'], 'a whole number from 1'],
  [['--validation-fraction', '1'], 'between 0 and 1'],
  [['--seed', '-1'], 'from 0 to 2147483647'],
  [['--clip', 'both'], 'Allowed choices are none, norm, value.'],
  [['--epoch', '3'], "error: unknown option '--epoch' (Did you mean --epochs?)"],
  [['table.csv'], 'too many arguments'],
  [['--data', 't.csv'], 'error: --data needs --target'],
  [['--target', 'a'], 'give the file with --data'],
  [['--data', 't.csv', '--target', 'a,,b'], 'column names separated by commas'],
  [['--clip', 'none', '--threshold', '2'], 'error: --threshold means nothing with --clip none'],
])('refuses %j in one line', (args, problem) => {
  const { options, out, err } = parse(...args);
  expect(options).toBeUndefined();
  expect(out).toBe('');
  expect(err).toContain(problem);
  expect(err).toMatch(/^error: [^\n]+\n$/);
});

test('help names every option, its default, the exit codes and examples', () => {
  const { code, out } = parse('--help');
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "Usage: trainer [options]

    Trains SimpleNet (Linear 10-5, ReLU, Linear 5-2) with SGD behind a gradient clip, on TensorFlow.js.

    Options:
      --data <file>                  CSV file to train on, instead of the wages survey
      --target <columns>             columns of the CSV file to predict, separated by commas
      --clip <kind>                  one run with this clipping, instead of all three (choices: "none", "norm", "value")
      --threshold <number>           norm or value to clip at (default: 1)
      --learning-rate <number>       learning rate of SGD (default: 0.01)
      --batch-size <rows>            rows in a batch (default: 32)
      --epochs <number>              passes over the training rows (default: 50)
      --validation-fraction <share>  share of the rows to validate on (default: 0.2)
      --seed <number>                for the split, the first weights and the batches (default: 0)
      --json                         print one JSON document instead
      -h, --help                     print this text

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

    "
  `);
});
