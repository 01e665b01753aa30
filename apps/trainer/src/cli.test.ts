import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

// Node 20 cannot run TypeScript, so there the built program is tested.
const main = fileURLToPath(
  new URL(process.features.typescript ? 'main.ts' : '../dist/main.mjs', import.meta.url),
);
const folder = mkdtempSync(join(tmpdir(), 'trainer-'));
afterAll(() => rmSync(folder, { recursive: true }));

function trainer(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

function save(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return name;
}

describe('piped', () => {
  test('one run prints one line an epoch and ends with the table', () => {
    const { code, out, err } = trainer('--clip', 'norm', '--epochs', '3');
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

  test('three runs each begin with their clipping and end with one table', () => {
    const { code, out } = trainer('--epochs', '1');
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

  test('the same seed prints the same bytes', () => {
    const args = ['--clip', 'value', '--epochs', '2', '--seed', '5'];
    expect(trainer(...args)).toEqual(trainer(...args));
  });
});

describe('--json', () => {
  test('prints one document and nothing else', () => {
    const { code, out } = trainer('--json', '--epochs', '2', '--threshold', '0.5');
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
  test('is trained on, a constant column is named, and nothing is written', () => {
    const rows = Array.from({ length: 20 }, (_, row) => `${row},${row % 3},7,${2 * row + 1}`);
    save('own.csv', ['x,z,flat,y', ...rows].join('\n'));
    const before = readFileSync(join(folder, 'own.csv'), 'utf8');
    const files = readdirSync(folder);
    const { code, out, err } = trainer(
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
    expect(readFileSync(join(folder, 'own.csv'), 'utf8')).toBe(before);
    expect(readdirSync(folder)).toEqual(files);
  });

  test('that makes the one run diverge ends with exit code 1 and the reason', () => {
    save('steep.csv', ['x,y', ...Array.from({ length: 20 }, (_, row) => `${row},${1e30 * row}`)].join('\n'));
    const { code, out } = trainer('--data', 'steep.csv', '--target', 'y', '--clip', 'none', '--epochs', '9');
    expect(code).toBe(1);
    expect(out).toContain('Training with clipping none diverged');
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
      ['--data', 'good.csv', '--target', 'z'],
      'error: "good.csv" has no column "z"; its columns are "x", "y".',
    ],
    [
      'a cell that is no number',
      ['--data', 'word.csv', '--target', 'y'],
      'error: Row 2 of "word.csv" (line 3), column "x": "two" is not a number.',
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
      'error: Row 1 of "ragged.csv" (line 2) has 3 cells, but there are 2 columns.',
    ],
    [
      'two columns of one name',
      ['--data', 'twice.csv', '--target', 'y'],
      'error: "twice.csv" has two columns named "y"; rename one of them.',
    ],
    [
      'a NaN threshold',
      ['--threshold', 'NaN'],
      "error: option '--threshold <number>' argument 'NaN' is invalid. It must be a finite 32-bit float above 0.",
    ],
    ['an unknown flag', ['--epoch', '3'], "error: unknown option '--epoch' (Did you mean --epochs?)"],
  ])('for %s', (_, args, line) => {
    save('good.csv', 'x,y\n1,2\n3,4\n');
    save('word.csv', 'x,y\n1,2\ntwo,4\n');
    save('empty.csv', '');
    save('header.csv', 'x,y\n');
    save('one.csv', 'x,y\n1,2\n');
    save('ragged.csv', 'x,y\n1,2,3\n');
    save('twice.csv', 'y,y\n1,2\n');
    expect(trainer(...args)).toEqual({ code: 2, out: '', err: `${line}\n` });
  });
});

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
