import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { requestTestAdapter } from '@gradkit/gpu';
import { useNativeInTests } from '@gradkit/libtensorflow';
import { afterAll, describe, expect, test } from 'vitest';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import { readMetricsOf, readResultOf } from './runFolder.ts';
import { runHere, startTrainer } from './runTrainer.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainer-resume-'));
const before = process.cwd();
process.chdir(folder);
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

const chain = [
  '--clip',
  'global-norm:0.5',
  '--optimizer',
  'adam',
  '--lr',
  '0.01',
  '--schedule',
  'warmup-cosine',
];
writeFileSync('rows.txt', Array.from({ length: 300 }, (_, row) => `Row ${row} of ${row * row}.`).join('\n'));
const ownText = ['--data', 'rows.txt'];
const tiny: Readonly<Record<string, readonly string[]>> = {
  simplenet: [],
  'char-lstm': ['--hidden', '6', '--sequence-length', '8', '--batch-size', '3', ...ownText],
  'char-gru': ['--hidden', '6', '--sequence-length', '8', '--batch-size', '3', '--layers', '2', ...ownText],
  'char-transformer': [
    '--width',
    '8',
    '--layers',
    '1',
    '--heads',
    '2',
    '--sequence-length',
    '8',
    '--batch-size',
    '3',
    ...ownText,
  ],
  mnist: ['--hidden', '8', '--batch-size', '8'],
  'temporal-order': ['--length', '10', '--hidden', '6'],
  adding: ['--length', '10', '--hidden', '6'],
};

function train(task: string, run: string, ...more: readonly string[]): ReturnType<typeof runHere> {
  return runHere('train', task, ...(tiny[task] ?? []), ...chain, '--run', run, ...more);
}

function newestOf(run: string): Checkpoint {
  const checkpoints = join(folder, run, 'checkpoints');
  return readCheckpoint(join(checkpoints, readdirSync(checkpoints).toSorted().at(-1) ?? ''));
}

/** What of the newest checkpoint must not depend on how it came about: all but the time. */
function stateOf(run: string): unknown {
  const { tensors, metadata } = newestOf(run);
  return {
    metadata: { ...metadata, seconds: 0 },
    tensors: tensors.map(({ name, shape, values }) => [
      name,
      shape,
      createHash('sha256')
        .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
        .digest('hex'),
    ]),
  };
}

function metricsOf(run: string): unknown {
  return readMetricsOf(join(folder, run)).map((line) => ({ ...line, seconds: 0 }));
}

const adapter = await requestTestAdapter();
const backends = [
  { backend: 'cpu', isThere: true },
  { backend: 'wasm', isThere: true },
  { backend: 'node', isThere: useNativeInTests() },
] as const;

/** Trains in one go, and again in two sessions. */
async function trainTwice(
  task: string,
  { backend, steps: count }: { readonly backend: string; readonly steps: number },
): Promise<{ whole: string; parts: string }> {
  const [whole, parts] = [`${task}-${backend}-whole`, `${task}-${backend}-parts`];
  const every = ['--checkpoint-every', '3', '--evaluate-every', '5', '--sample-every', '0'];
  const steps = ['--backend', backend, '--steps', String(count), ...every];
  expect((await train(task, whole, ...steps)).code).toBe(0);
  // The same schedule: the run is stopped by the clock after its first step, not by other --steps.
  const first = await train(task, parts, '--seconds', '0.000001', ...steps);
  expect(first).toMatchObject({ code: 0, out: expect.stringContaining('Out of time at step 1 ') });
  const second = await runHere('train', task, '--resume', parts);
  expect(second).toMatchObject({ code: 0, err: expect.stringContaining('Going on after step 1 from ') });
  expect(metricsOf(parts)).toEqual(expect.arrayContaining([expect.objectContaining({ step: count })]));
  return { whole, parts };
}

describe.for(backends)('on $backend', ({ backend, isThere }) => {
  test.skipIf(!isThere).each(Object.keys(tiny))(
    'a run of %s in two sessions has the same bits as one in one go: weights, state, losses',
    async (task) => {
      const { whole, parts } = await trainTwice(task, { backend, steps: 12 });
      expect(stateOf(parts)).toEqual(stateOf(whole));
      const losses = (run: string): unknown =>
        readMetricsOf(join(folder, run)).flatMap((line) =>
          'loss' in line ? [line['loss'], line['norm']] : [],
        );
      expect(losses(parts)).toEqual(losses(whole));
    },
  );
});

describe('on webgpu', () => {
  // Two models, because each shader of a model is compiled for the CPU where the GPU is a program.
  test.skipIf(adapter === undefined).each(['simplenet', 'char-transformer'])(
    'a run of %s in two sessions is within 1e-5 of one in one go: weights and state',
    { timeout: 300_000 },
    async (task) => {
      const { whole, parts } = await trainTwice(task, { backend: 'webgpu', steps: 4 });
      const wanted = newestOf(whole).tensors;
      expect(wanted.length).toBeGreaterThan(5);
      for (const [index, { name, values }] of newestOf(parts).tensors.entries()) {
        const expected = wanted[index]?.values ?? [];
        const scale = Math.max(...expected.map(Math.abs), Number.MIN_VALUE);
        const errors = values.map((value, at) => Math.abs(value - (expected[at] ?? NaN)));
        expect(Math.max(...errors) / scale, name).toBeLessThan(1e-5);
      }
    },
  );
});

test('kill -9 at any moment leaves a checkpoint from which the run goes on to the same bits', async () => {
  const steps = ['--backend', 'cpu', '--steps', '100', '--checkpoint-every', '1', '--evaluate-every', '0'];
  expect((await train('temporal-order', 'never-killed', ...steps)).code).toBe(0);
  expect(existsSync(join(folder, 'killed'))).toBe(false);
  let kills = 0;
  for (let attempt = 0; attempt < 40; attempt++) {
    const begun = existsSync(join(folder, 'killed', 'config.json'));
    const args = begun
      ? ['--resume', 'killed']
      : [...(tiny['temporal-order'] ?? []), ...chain, '--run', 'killed', '--log-every', '1', ...steps];
    const child = startTrainer(folder, 'train', 'temporal-order', ...args);
    const closed = once(child, 'close');
    await Promise.race([once(child.stdout, 'data'), closed]);
    // Another moment each time, in the midst of steps and of checkpoints.
    await wait((attempt * 5) % 30);
    if (child.exitCode !== null) break;
    child.kill('SIGKILL');
    kills += 1;
    await closed;
    if (kills === 6) break;
  }
  // A machine that is busy may let a run come to its end before it is killed six times.
  expect(kills).toBeGreaterThan(0);
  const last = await runHere('train', 'temporal-order', '--resume', 'killed');
  expect(last).toMatchObject({ code: 0, out: expect.stringContaining('at step 100') });
  expect(stateOf('killed')).toEqual(stateOf('never-killed'));
  expect(metricsOf('killed')).toEqual(metricsOf('never-killed'));
  expect(readdirSync(join(folder, 'killed', 'checkpoints'))).toHaveLength(2);
});

const endless = ['--backend', 'cpu', '--steps', '100000', '--log-every', '1', '--checkpoint-every', '0'];

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s saves a checkpoint, says how to go on and exits with %i', async (signal, code) => {
  const run = `stopped-by-${signal}`;
  const child = startTrainer(
    folder,
    'train',
    'temporal-order',
    ...(tiny['temporal-order'] ?? []),
    ...endless,
    '--run',
    run,
  );
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (out += text));
  child.stdout.once('data', () => child.kill(signal));
  const [exit]: unknown[] = await once(child, 'close');
  expect(exit).toBe(code);
  const step = /Interrupted at step (\d+) after \d+s\. Go on with --resume /.exec(out)?.[1];
  expect(readdirSync(join(folder, run, 'checkpoints'))).toEqual([
    `step-${String(step).padStart(8, '0')}.safetensors`,
  ]);
  expect(existsSync(join(folder, run, 'lock'))).toBe(false);
});

test('a run that goes on has not ended until it ends again', async () => {
  const steps = ['--backend', 'cpu', '--steps', '3', '--log-every', '1', '--evaluate-every', '0'];
  await train('temporal-order', 'ended', ...steps);
  expect(readResultOf('ended')).toMatchObject({ outcome: 'finished', step: 3 });
  const more = ['--steps', '100000', '--schedule-steps', '100000'];
  const child = startTrainer(folder, 'train', 'temporal-order', '--resume', 'ended', ...more);
  const closed = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), closed]);
  expect(child.exitCode).toBeNull();
  child.kill('SIGKILL');
  await closed;
  expect(readResultOf('ended')).toBeUndefined();
});

test('a first loss that was no number is none after a resume either', async () => {
  await train('adding', 'first', '--backend', 'cpu', '--steps', '3', '--evaluate-every', '0');
  const { tensors, metadata } = newestOf('first');
  expect(metadata['firstLoss']).toBeGreaterThan(0);
  writeCheckpoint(join('first', 'checkpoints', 'step-00000003.safetensors'), {
    tensors,
    metadata: { ...metadata, firstLoss: 'NaN' },
  });
  const { code, out } = await runHere(
    'train',
    'adding',
    '--resume',
    'first',
    '--steps',
    '4',
    '--schedule-steps',
    '4',
  );
  expect(code).toBe(0);
  expect(out).toMatch(/\nFinished at step 4 after \d+s: loss NaN -> 0\.\d+; [^\n]*\n$/);
  expect(readResultOf('first')).toMatchObject({ firstLoss: 'NaN' });
  expect(newestOf('first').metadata).toMatchObject({ step: 4, firstLoss: 'NaN' });
});

test('a checkpoint that a disk damaged is named, and the one before it is taken', async () => {
  const steps = ['--backend', 'cpu', '--steps', '6', '--checkpoint-every', '3'];
  await train('adding', 'damaged', ...steps);
  const whole = stateOf('damaged');
  const newest = join(folder, 'damaged', 'checkpoints', 'step-00000006.safetensors');
  truncateSync(newest, 1000);
  const { code, err } = await runHere('train', 'adding', '--resume', 'damaged');
  expect(code).toBe(0);
  expect(err).toContain(
    'step-00000006.safetensors cannot be used: it is cut short. Taking the one before it.',
  );
  expect(err).toContain('Going on after step 3 ');
  expect(stateOf('damaged')).toEqual(whole);
});
