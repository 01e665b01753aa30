import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { crc32c, record } from './tensorBoard.ts';
import { isJsonObject } from './jsonFields.ts';
import { readConfigOf, readMetricsOf } from './runFolder.ts';
import { runHere, runTrainer } from './runTrainer.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainer-commands-'));
const before = process.cwd();
process.chdir(folder);
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

const tiny = '--length 10 --hidden 6 --steps 20 --backend cpu --evaluate-every 0'.split(' ');

function train(run: string, ...more: readonly string[]): ReturnType<typeof runHere> {
  return runHere('train', 'temporal-order', ...tiny, '--run', run, ...more);
}

test('piped, there is a line every log step with loss, norm, clip factor, pace and time left', async () => {
  const { code, out, err } = await train('piped', '--clip', 'global-norm:0.01');
  expect(code).toBe(0);
  const lines = out.split('\n');
  expect(lines[1]).toMatch(
    /^step 10\/20 {2}loss \d\.\d+ {2}norm \d+\.\d+ {2}clip factor 0\.0\d+ {2}\S+ sequences\/s {2}\d+s left$/,
  );
  expect(err.split('\n')[0]).toBe('Backend cpu (plain JavaScript, transforms by tfjs-cpu): as asked.');
});

test('clip by value turns the gradient, clip by global norm does not', async () => {
  await train('by-value', '--clip', 'value:0.001');
  await train('by-norm', '--clip', 'global-norm:0.001');
  const cosines = (run: string): readonly number[] =>
    readMetricsOf(run).map((line) => Number(line['cosine'] ?? 1));
  expect(Math.min(...cosines('by-value'))).toBeLessThan(0.95);
  for (const cosine of cosines('by-norm')) expect(cosine).toBeCloseTo(1, 4);
  for (const line of readMetricsOf('by-norm')) {
    if ('loss' in line) expect(Number(line['factor']) * Number(line['norm'])).toBeCloseTo(0.001, 6);
  }
});

test('the flags make the chain that config.json keeps, and a config or a bare transform makes the same run', async () => {
  const flags = ['--clip', 'value:1', '--clip', 'global-norm:1', '--optimizer', 'adamw', '--lr', '3e-4'];
  const more = ['--schedule', 'warmup-cosine', '--accumulate', '4', '--skip-non-finite'];
  await train('flags', ...flags, ...more);
  const { transform } = readConfigOf('flags');
  expect(transform).toMatchObject({
    transform: 'skipNonFinite',
    options: {
      inner: {
        transform: 'accumulate',
        options: {
          every: 4,
          inner: {
            options: {
              transforms: [
                { transform: 'clipByValue', options: { limit: 1 } },
                { transform: 'clipByGlobalNorm', options: { maxNorm: 1 } },
                {
                  transform: 'adamw',
                  options: {
                    learningRate: {
                      schedule: 'warmupCosineDecay',
                      options: { peakValue: 3e-4, decaySteps: 5 },
                    },
                  },
                },
              ],
            },
          },
        },
      },
    },
  });
  writeFileSync('transform.json', JSON.stringify(transform));
  await train('bare', '--config', 'transform.json');
  await runHere('train', 'temporal-order', '--config', join('flags', 'config.json'), '--run', 'whole');
  const losses = (run: string): unknown => readMetricsOf(run).map((line) => line['loss']);
  expect(losses('bare')).toEqual(losses('flags'));
  expect(losses('whole')).toEqual(losses('flags'));
});

test('--print-program shows the program and its passes, and trains nothing', async () => {
  const { code, out } = await train('printed', '--clip', 'global-norm:1');
  expect(code).toBe(0);
  const program = await runHere(
    'train',
    'temporal-order',
    ...tiny,
    '--clip',
    'global-norm:1',
    '--print-program',
  );
  expect(program.out).toContain('pass 1 of 2');
  expect(program.out).toContain('clipByGlobalNorm.norm');
  expect(out).not.toContain('pass 1');
  const two = await runHere('train', 'temporal-order', ...tiny, '--accumulate', '2', '--print-program');
  expect(two.out).toMatch(/Steps 1, 3, 5, 7, \.\.\.[^]*Steps 2, 4, 6, 8, \.\.\./);
  expect(readdirSync('.')).not.toContain('runs');
});

test('a run that diverges says so, at which step, with which norm and what to try', async () => {
  const { code, out } = await runHere(
    ...'train simplenet --lr 1000 --steps 200 --backend cpu --run diverged'.split(' '),
  );
  expect(code).toBe(1);
  expect(out).toMatch(
    /\nDiverged at step \d+: the loss is (NaN|Infinity)\. The last finite gradient norm was \S+ at step \d+/,
  );
  expect(out).toMatch(/\nTry --clip global-norm:\S+, or --lr \S+, or --schedule warmup-cosine/);
});

test('compare draws the curves of runs into one page that loads nothing', async () => {
  await train('left', '--seed', '1');
  await train('right', '--seed', '2', '--clip', 'value:0.01');
  const { code, out } = await runHere('compare', 'left', 'right', '--out', 'page.html');
  expect({ code, out }).toEqual({ code: 0, out: 'Wrote page.html: 2 runs.\n' });
  const page = readFileSync('page.html', 'utf8');
  expect(page.match(/<svg/g)).toHaveLength(4);
  expect(page).toContain('clipByValue 0.01, sgd 0.05');
  expect(page).not.toMatch(/<script|<link|src=|href=/);
});

test('sweep trains a run for each threshold in a process of its own and draws the thresholds against the loss', () => {
  const sweep = [
    'sweep',
    'temporal-order',
    '--clip',
    'global-norm:0.1,1',
    '--seeds',
    '0',
    '--out',
    'swept',
    ...tiny,
  ];
  const first = runTrainer({ folder }, ...sweep, '--workers', '2');
  expect(first.code).toBe(0);
  expect(first.out).toMatch(/global-norm:0\.1 +│ +0 │ +\d\.\d+ [^]*global-norm:1 /);
  expect(readFileSync(join('swept', 'sweep.html'), 'utf8').match(/<circle/g)).toHaveLength(2);
  const configs = ['global-norm-0.1-seed0', 'global-norm-1-seed0'].map((run) =>
    readConfigOf(join('swept', run)),
  );
  expect(configs.map(({ transform }) => JSON.stringify(transform).includes('"maxNorm":0.1'))).toEqual([
    true,
    false,
  ]);
});

test('--tensorboard writes records with the checksums that TensorBoard reads', async () => {
  await train('board', '--tensorboard');
  const name = readdirSync('board').find((file) => file.startsWith('events.out.tfevents.')) ?? '';
  const bytes = readFileSync(join('board', name));
  let records = 0;
  for (let at = 0; at < bytes.length; records++) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(record(Buffer.from(data))).toEqual(bytes.subarray(at, at + 16 + length));
    at += 16 + length;
  }
  // The version, 20 steps and the evaluation at the end.
  expect(records).toBe(22);
  // The check value of CRC-32C.
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

test('metrics are JSON a line, with the time and the learning rate', async () => {
  await train('metrics');
  const [first] = readMetricsOf('metrics');
  expect(isJsonObject(first) ? Object.keys(first) : []).toEqual([
    'step',
    'loss',
    'norm',
    'factor',
    'cosine',
    'learningRate',
    'units',
    'seconds',
  ]);
});
