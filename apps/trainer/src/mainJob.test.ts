import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { runHere } from './runTrainer.ts';

// Node 20 cannot run TypeScript, so there the built program is tested.
const main = fileURLToPath(
  new URL(process.features.typescript ? 'main.ts' : '../dist/main.mjs', import.meta.url),
);
const folder = mkdtempSync(join(tmpdir(), 'trainer-'));
const before = process.cwd();
process.chdir(folder);
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

function save(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return name;
}

describe('piped', () => {
  test('one run prints one line an epoch and ends with the table', async () => {
    const { code, out, err } = await runHere('--clip', 'norm', '--epochs', '3');
    const [first, second, third, ...table] = out.split('\n');
    expect([first, second, third].every((line) => /^Epoch [123], Loss: \d+\.\d{4}$/.test(line ?? ''))).toBe(
      true,
    );
    expect(table.join('\n')).toMatch(
      /clipping .* norm [^]*final training loss [^]*final validation loss [^]*largest gradient norm [^]*steps clipped/,
    );
    expect(err).toBe(
      'Wages survey of 1985: 427 rows to train on, 107 to validate on.\n' +
        'Predicting wage, log wage from education, south, female, experience, union, age, race, occupation, sector, married.\n',
    );
    expect(code).toBe(0);
  });

  test('three runs each begin with their clipping and end with one table', async () => {
    const { code, out } = await runHere('--epochs', '1');
    expect(code).toBe(0);
    expect(
      out
        .split('\n')
        .slice(0, 6)
        .map((line) => line.replace(/\d+\.\d{4}$/, '#')),
    ).toEqual([
      'Clipping: none',
      'Epoch 1, Loss: #',
      'Clipping: norm',
      'Epoch 1, Loss: #',
      'Clipping: value',
      'Epoch 1, Loss: #',
    ]);
    expect(out).toMatch(/clipping +│ +none │ +norm │ +value/);
  });

  test('the same seed prints the same bytes', async () => {
    const args = ['--clip', 'value', '--epochs', '2', '--seed', '5'];
    expect(await runHere(...args)).toEqual(await runHere(...args));
  });
});

describe('--json', () => {
  test('prints one document and nothing else', async () => {
    const { code, out } = await runHere('--json', '--epochs', '2', '--threshold', '0.5');
    expect(code).toBe(0);
    const document: unknown = JSON.parse(out);
    expect(document).toMatchObject({
      data: { trainingRows: 427, validationRows: 107, targets: ['wage', 'log wage'], constantPredictors: [] },
      options: {
        threshold: 0.5,
        learningRate: 0.01,
        batchSize: 32,
        epochs: 2,
        validationFraction: 0.2,
        seed: 0,
      },
      runs: [
        { clipping: 'none', steps: 28, clippedShare: 0, divergedInEpoch: null },
        {
          clipping: 'norm',
          transform: {
            transform: 'chain',
            options: {
              transforms: [
                { transform: 'clipByGlobalNorm', options: { maxNorm: 0.5 } },
                { transform: 'sgd' },
              ],
            },
          },
        },
        { clipping: 'value', epochLosses: [expect.any(Number), expect.any(Number)] },
      ],
    });
  });
});

describe("the user's own table", () => {
  test('is trained on, a constant column is named, and nothing is written', async () => {
    const rows = Array.from({ length: 20 }, (_, row) => `${row},${row % 3},7,${2 * row + 1}`);
    save('own.csv', ['x,z,flat,y', ...rows].join('\n'));
    const content = readFileSync(join(folder, 'own.csv'), 'utf8');
    const files = readdirSync(folder);
    const { code, out, err } = await runHere(
      '--data',
      'own.csv',
      '--target',
      'y',
      '--clip',
      'norm',
      '--epochs',
      '2',
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^Epoch 1, Loss: \d+\.\d{4}\nEpoch 2, Loss: \d+\.\d{4}\n/);
    expect(err).toBe(
      'own.csv: 16 rows to train on, 4 to validate on.\n' +
        'Predicting y from x, z, flat.\n' +
        'Constant in the training rows, so that nothing can be learned from it: flat.\n',
    );
    expect(readFileSync(join(folder, 'own.csv'), 'utf8')).toBe(content);
    expect(readdirSync(folder)).toEqual(files);
  });

  test('that makes the one run diverge ends with exit code 1 and the reason', async () => {
    save('steep.csv', ['x,y', ...Array.from({ length: 20 }, (_, row) => `${row},${1e30 * row}`)].join('\n'));
    const { code, out } = await runHere(
      '--data',
      'steep.csv',
      '--target',
      'y',
      '--clip',
      'none',
      '--epochs',
      '9',
    );
    expect(code).toBe(1);
    expect(out).toContain('Training with clipping none diverged');
  });
});

describe('what is nearly constant, uniform or missing', () => {
  const half = (row: number): string => (row === 7 ? '0.5' : row % 2 === 0 ? '0.3' : '0.30000000000000004');

  test('a predictor that is constant but for rounding, with another value to validate on, is constant', async () => {
    const rows = Array.from({ length: 40 }, (_, row) => `${half(row)},${row},${row / 40}`);
    save('nearly.csv', ['a,b,y', ...rows].join('\n'));
    const args = '--data nearly.csv --target y --clip none --epochs 2 --json --seed'.split(' ');
    const { code, out, err } = await runHere(...args, '0');
    expect(code).toBe(0);
    expect(err).toContain('so that nothing can be learned from it: a.\n');
    expect(out).toMatch(/"constantPredictors": \[\s*"a"\s*\]/);
    // It was 1.9e28 with a deviation of 2.7e-17 for a; the targets go from 0 to 1.
    expect(Number(/"validationLoss": (\S+),/.exec(out)?.[1])).toBeCloseTo(0.5161, 3);
    // Among the rows to train on, the one that differs is something to learn from.
    const other = await runHere(...args, '1');
    expect(other.code).toBe(0);
    expect(other.out).toContain('"constantPredictors": []');
    expect(Number(/"validationLoss": (\S+),/.exec(other.out)?.[1])).toBeLessThan(1);
  });

  test('a predictor that is constant but for rounding is nothing to predict from alone', async () => {
    const rows = Array.from({ length: 40 }, (_, row) => `${half(row)},${row / 40}`);
    save('alone.csv', ['a,y', ...rows].join('\n'));
    const args = '--data alone.csv --target y --clip none --epochs 2 --seed 0'.split(' ');
    const { code, out, err } = await runHere(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(
      'error: Every predictor of "alone.csv" is constant in the rows to train on, so that there is nothing to predict from. ' +
        'Give other columns or more rows.\n',
    );
  });

  test('rows that lack a value, texts and what was seen are said and are in the JSON', async () => {
    const rows = Array.from(
      { length: 30 },
      (_, row) => `${row % 2 === 0 ? 'north' : 'south'};${row};${row / 30}`,
    );
    save('mixed.csv', ['region;x;y', ...rows, 'north;;1', 'north;3;'].join('\r\n'));
    const args = '--data mixed.csv --target y --clip norm --epochs 1 --missing mean'.split(' ');
    const { code, out, err } = await runHere(...args, '--json');
    expect(code).toBe(0);
    const notes = [
      'Cells are separated by semicolons.',
      'Left out 1 row of 32 without a value to predict.',
      'Filled in 1 missing value by the mean over the rows to train on: x 1.',
      'Texts, a column of 0 and 1 each: region (2: north, south).',
    ];
    expect(err).toBe(
      [
        ...notes,
        'mixed.csv: 25 rows to train on, 6 to validate on.',
        'Predicting y from region=north, region=south, x.\n',
      ].join('\n'),
    );
    expect(JSON.parse(out)).toMatchObject({
      data: { notes, predictors: ['region=north', 'region=south', 'x'] },
    });
  });
});

describe('one line and exit code 2', () => {
  test.each([
    [
      'a missing file',
      ['--data', 'none.csv', '--target', 'y'],
      'error: "none.csv" cannot be read: there is no such file.',
    ],
    [
      'a bad column',
      ['--data', 'good.csv', '--target', 'price'],
      'error: "good.csv" has no column "price". Its columns are x, y.',
    ],
    [
      'a cell that is no number',
      ['--data', 'word.csv', '--target', 'y'],
      'error: Row 2 of "word.csv" (line 3), column "x": "two" is not a number, as others of the column are. Mend it, or say --text x if the column holds names, or --drop x.',
    ],
    ['an empty file', ['--data', 'empty.csv', '--target', 'y'], 'error: "empty.csv" is empty.'],
    [
      'a header only',
      ['--data', 'header.csv', '--target', 'y'],
      'error: There are 0 rows of numbers, but at least 2 are needed: one to train on, one to validate on.',
    ],
    [
      'one row',
      ['--data', 'one.csv', '--target', 'y'],
      'error: There is 1 row of numbers, but at least 2 are needed: one to train on, one to validate on.',
    ],
    [
      'ragged rows',
      ['--data', 'ragged.csv', '--target', 'y'],
      'error: Row 1 of "ragged.csv" (line 2) has 3 cells, but there are 2 columns. If the cells are not separated by commas, say by what, such as --delimiter semicolon.',
    ],
    [
      'predictors that are all constant',
      ['--data', 'flat.csv', '--target', 'y'],
      'error: Every predictor of "flat.csv" is constant in the rows to train on, so that there is nothing to predict from. Give other columns or more rows.',
    ],
    [
      'targets that are all constant',
      ['--data', 'flat.csv', '--target', 'x'],
      'error: "x" of "flat.csv" is the same 32-bit float in all rows, so that there is nothing to predict. Give another --target, or more rows.',
    ],
    [
      'two columns of one name',
      ['--data', 'twice.csv', '--target', 'y'],
      'error: "twice.csv" has 2 columns named "y"; rename all but one.',
    ],
    [
      'a NaN threshold',
      ['--threshold', 'NaN'],
      "error: option '--threshold <number>' argument 'NaN' is invalid. It must be a finite 32-bit float above 0.",
    ],
    ['an unknown flag', ['--epoch', '3'], "error: unknown option '--epoch' (Did you mean --epochs?)"],
  ])('for %s', async (_, args, line) => {
    save('good.csv', 'x,y\n1,2\n3,4\n');
    save('word.csv', 'x,y\n1,2\ntwo,4\n');
    save('empty.csv', '');
    save('header.csv', 'x,y\n');
    save('one.csv', 'x,y\n1,2\n');
    save('ragged.csv', 'x,y\n1,2,3\n');
    save('twice.csv', 'y,y\n1,2\n');
    save('flat.csv', 'x,y\n7,2\n7,3\n7,4\n');
    expect(await runHere(...args)).toEqual({ code: 2, out: '', err: `${line}\n` });
  });
});

// Node 20 cannot run TypeScript, and the script is for people in the repository, whose Node can.
test.skipIf(!process.features.typescript)(
  "the root's script finds files from where the person stands, and keeps arguments and the exit code",
  () => {
    save('here.csv', 'x,y\n1,2\n3,4\n5,6\n');
    const script = fileURLToPath(new URL('fromRoot.ts', import.meta.url));
    const run = (data: string): { status: number | null; stderr: string } =>
      spawnSync(
        process.execPath,
        [script, '--data', data, '--target', 'y', '--clip', 'norm', '--epochs', '1'],
        { cwd: dirname(script), env: { ...process.env, INIT_CWD: folder }, encoding: 'utf8' },
      );
    expect(run('here.csv')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('here.csv: 2 rows to train on, 1 to validate on.'),
    });
    expect(run('a b.csv')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('"a b.csv" cannot be read'),
    });
  },
);

test('Ctrl-C ends a long run with exit code 130 and one line', async () => {
  const child = spawn(process.execPath, [main, '--clip', 'none', '--epochs', '1000000'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (err += text));
  child.stdout.once('data', () => child.kill('SIGINT'));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(130);
  expect(err.endsWith('\nInterrupted; nothing was written.\n')).toBe(true);
});

test('a reader that has seen enough is no failure', async () => {
  const child = spawn(process.execPath, [main, '--clip', 'none', '--epochs', '1000000'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout.once('data', () => child.stdout.destroy());
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
});
