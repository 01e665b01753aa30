import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { crc32c, record } from './tensorBoard.ts';
import { isJsonObject } from './jsonFields.ts';
import { readConfigOf, readMetricsOf, readResultOf } from './runFolder.ts';
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
  expect(out).toMatch(/\nTry --clip global-norm:1, or a far smaller --lr, or --schedule warmup-cosine\.\n/);
});

test('a run whose loss on held-out data is not finite has diverged, and keeps no such weights', async () => {
  const { code, out } = await runHere(
    ...'train simplenet --backend cpu --steps 1 --lr 1e12 --optimizer sgd --run overshot'.split(' '),
  );
  expect(code).toBe(1);
  expect(out).toContain('Diverged at step 1: the loss on held-out data is Infinity. ');
  expect(readdirSync(join('overshot', 'checkpoints'))).toEqual([]);
  expect(readResultOf('overshot')).toMatchObject({ outcome: 'diverged', evaluation: { loss: 'Infinity' } });
});

test('with a checkpoint a step, a run that diverges keeps those whose own loss is finite', async () => {
  const args = 'train simplenet --backend cpu --lr 1000 --steps 200 --checkpoint-every 1 --run kept'.split(
    ' ',
  );
  const { code, out } = await runHere(...args);
  expect(code).toBe(1);
  const diverged = Number(/Diverged at step (\d+)/.exec(out)?.[1]);
  // The loss of a step is that before it: step 3 finds that the weights after step 2 are broken.
  expect(diverged).toBe(3);
  expect(readdirSync(join('kept', 'checkpoints'))).toEqual(['step-00000001.safetensors']);
  const again = await runHere(...'train simplenet --resume kept'.split(' '));
  expect(again.err).toContain('Going on after step 1 from ');
});

test('with --accumulate the learning rate is that of the step of the optimizer, and the last norm stays shown', async () => {
  const flags = ['--accumulate', '4', '--schedule', 'linear', '--lr', '0.03', '--steps', '12'];
  const { out } = await train('gathered', ...flags, '--log-every', '1', '--tensorboard');
  const steps = readMetricsOf('gathered').filter((line) => 'loss' in line);
  const rates = steps.map((line) => Number(line['learningRate']));
  // From 0.03 to 0 in three steps of four batches each.
  [0.03, 0.02, 0.01].forEach((rate, step) => {
    for (const given of rates.slice(4 * step, 4 * step + 4)) expect(given).toBeCloseTo(rate, 12);
  });
  const norms = out.split('\n').flatMap((line) => /norm (\S+)/.exec(line)?.[1] ?? []);
  expect(norms.slice(0, 3)).toEqual(['-', '-', '-']);
  expect(new Set(norms.slice(3, 7))).toEqual(new Set([norms[3]]));
  expect(Number(norms[3])).toBeGreaterThan(0);
  expect((await runHere('compare', 'gathered', '--out', 'gathered.html')).code).toBe(0);
});

test('an outcome is text in the page, whatever it is', async () => {
  await train('marked');
  writeFileSync(join('marked', 'result.json'), '{"outcome":"<b>finished</b>"}');
  await runHere('compare', 'marked', '--out', 'escaped.html');
  expect(readFileSync('escaped.html', 'utf8')).toContain(
    '<td class="number">&lt;b&gt;finished&lt;/b&gt;</td>',
  );
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
  const other = runTrainer({ folder }, ...sweep, '--lr', '0.01');
  expect(other).toMatchObject({ code: 2, out: '' });
  expect(other.err).toBe(
    `error: ${join('swept', 'global-norm-0.1-seed0')} holds a run that differs from this one in transform. ` +
      'Name another folder: --out FOLDER; or delete that one.\n',
  );
  const same = runTrainer({ folder }, ...sweep);
  expect({ code: same.code, out: same.out }).toEqual({ code: 0, out: first.out });
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

test('sweep judges all its runs before it trains one, and stops the others when one cannot be run', () => {
  const usual = 'runs/sweep-temporal-order';
  const begin = ['sweep', 'temporal-order', ...tiny, '--clip'];
  for (const [args, message] of [
    [['global-norm:1,1e60'], '--clip global-norm:1e+60: the threshold must be a finite 32-bit float.'],
    [['globl-norm:1'], '--clip globl-norm: there is no such one'],
    [['global-norm:1:7'], '--clip global-norm:1:7: write a kind and thresholds above 0'],
    [['global-norm:0x10'], 'write a kind and thresholds above 0'],
    [['global-norm:Infinity'], 'write a kind and thresholds above 0'],
    [['global-norm:1', '--seeds', ''], '--seeds "": write whole numbers from 0'],
    [['global-norm:1', '--seeds', '1,0x2'], '--seeds "1,0x2": write whole numbers from 0'],
    [['global-norm:1', '--seed=3'], 'leave out --seed, '],
    [['global-norm:1', '--run=x'], 'leave out --run, '],
    [['global-norm:1', '--momentum', '-1'], "error: option '--momentum <number>' argument '-1' is invalid"],
    [['global-norm:1', '--hidden', '0'], '--hidden must be a whole number from 1'],
  ] as const) {
    const { code, out, err } = runTrainer({ folder }, ...begin, ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(existsSync(usual)).toBe(false);
  }
  // The first run's folder cannot be made; the second would take hours.
  mkdirSync(usual, { recursive: true });
  writeFileSync(join(usual, 'value-1-seed0'), '');
  const long = [...begin, 'value:1,2', '--steps', '10000000', '--workers', '2'];
  const { code, err } = runTrainer({ folder }, ...long);
  expect(code).toBe(2);
  expect(err).toMatch(/^error: The run \S+value-1-seed0 ended with exit code 2: .*\n$/);
  expect(readResultOf(join(usual, 'value-2-seed0'))?.['outcome'] ?? 'interrupted').toBe('interrupted');
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
