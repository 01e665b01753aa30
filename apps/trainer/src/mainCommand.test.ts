import { CommanderError } from '@commander-js/extra-typings';
import { expect, test } from 'vitest';
import { withHelp } from './helpText.ts';
import { InputError } from './inputError.ts';
import { mainCommand, mainOptions } from './mainCommand.ts';

function parse(...args: string[]): { options?: unknown; code?: number; out: string; err: string } {
  const written = { out: '', err: '' };
  const command = mainCommand();
  withHelp(command);
  command.configureOutput({
    writeOut: (text) => void (written.out += text),
    writeErr: (text) => void (written.err += text),
  });
  try {
    command.parse(args, { from: 'user' });
    return { options: mainOptions(command), ...written };
  } catch (error) {
    if (error instanceof CommanderError) return { code: error.exitCode, ...written };
    if (error instanceof InputError) return { code: 2, out: written.out, err: `error: ${error.message}\n` };
    throw error;
  }
}

const table = { path: 't.csv', drop: [], text: [], decimal: '.', missing: 'error' };

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
    data: { ...table, targets: ['a', 'b'] },
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
  [['--no-header'], 'error: --no-header is about a CSV file'],
  [['--missing', 'drop'], 'error: --missing is about a CSV file'],
  [['--data', 't.csv', '--target', 'a', '--delimiter', 'ab'], 'one character that is no letter'],
  [['--data', 't.csv', '--target', 'a', '--decimal', ',', '--delimiter', ','], 'cannot be the same'],
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

test('takes every option of a table', () => {
  const given = '--data t.csv --target y --drop id,name --text zip --decimal , --no-header --missing mean';
  for (const delimiter of ['tab', '\\t', '\t']) {
    expect(parse(...given.split(' '), '--delimiter', delimiter).options).toMatchObject({
      data: {
        path: 't.csv',
        targets: ['y'],
        drop: ['id', 'name'],
        text: ['zip'],
        decimal: ',',
        header: false,
        missing: 'mean',
        delimiter: '\t',
      },
    });
  }
  // What one command line said is not what the next one says.
  expect(parse('--data', 't.csv', '--target', 'y').options).toMatchObject({
    data: { ...table, targets: ['y'] },
  });
});
