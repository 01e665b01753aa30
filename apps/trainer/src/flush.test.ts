import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readCheckpoint } from './checkpoint.ts';
import { readMetricsOf, readResultOf } from './runFolder.ts';
import { runHere } from './runTrainer.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainer-flush-'));
const before = process.cwd();
process.chdir(folder);
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

function train(run: string, ...more: readonly string[]): ReturnType<typeof runHere> {
  return runHere('train', 'simplenet', '--backend', 'cpu', '--run', run, '--evaluate-every', '5', ...more);
}

function checkpointPath(run: string, step: number): string {
  return join(run, 'checkpoints', `step-${String(step).padStart(8, '0')}.safetensors`);
}

/** The arrays of a checkpoint by their names. */
function arraysOf(path: string): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(readCheckpoint(path).tensors.map(({ name, values }) => [name, [...values]]));
}

/** The weights of a checkpoint alone. */
function weightsOf(path: string): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(Object.entries(arraysOf(path)).filter(([name]) => name.startsWith('model/')));
}

function metricsOf(run: string): unknown {
  return readMetricsOf(run).map((line) => ({ ...line, seconds: 0 }));
}

test('the last two of ten batches take a step of --accumulate 4, and it is said', async () => {
  const { code, out } = await train('ten', '--steps', '10', '--accumulate', '4');
  expect(code).toBe(0);
  expect(out).toContain(
    'The last 2 batches of 10 did not fill a step of --accumulate 4, so the optimizer took a step with their mean. ' +
      'These weights are in ten/flushed.safetensors; --resume goes on from before that step.\n',
  );
  expect(readResultOf('ten')).toMatchObject({ outcome: 'finished', step: 10, flushed: true });
  const gathered = arraysOf(checkpointPath('ten', 10));
  const flushed = weightsOf('ten/flushed.safetensors');
  expect(Object.keys(flushed)).toHaveLength(4);
  let moved = 0;
  for (const [name, weights] of Object.entries(flushed)) {
    const mean = gathered[`optimizer/gradkit/state/accumulate/mean/${name.slice('model/'.length)}`] ?? [];
    expect(mean).toHaveLength(weights.length);
    weights.forEach((weight, entry) => {
      // Plain SGD at its rate of 0.01.
      const wanted = (gathered[name]?.[entry] ?? NaN) - 0.01 * (mean[entry] ?? NaN);
      expect(Math.abs(weight - wanted)).toBeLessThan(1e-6);
      moved = Math.max(moved, Math.abs(weight - (gathered[name]?.[entry] ?? NaN)));
    });
  }
  expect(moved).toBeGreaterThan(0.01);
});

test('three batches of --accumulate 4 train as --accumulate 3 does, bit by bit', async () => {
  expect((await train('three-of-four', '--steps', '3', '--accumulate', '4')).code).toBe(0);
  expect((await train('three', '--steps', '3', '--accumulate', '3')).code).toBe(0);
  expect(weightsOf('three-of-four/flushed.safetensors')).toEqual(weightsOf(checkpointPath('three', 3)));
  const heldOut = (run: string): unknown => readMetricsOf(run).at(-1)?.['evaluation'];
  expect(heldOut('three-of-four')).toEqual(heldOut('three'));
});

test('batches that fill a step, and a run that only pauses, are not flushed', async () => {
  const full = await train('full', '--steps', '8', '--accumulate', '4');
  expect(full.out).not.toContain('did not fill');
  expect(readResultOf('full')).toMatchObject({ flushed: false });
  const paused = await train('paused', '--steps', '10', '--accumulate', '4', '--seconds', '0.000001');
  expect(paused.out).toContain('Out of time at step 1 ');
  for (const run of ['full', 'paused']) expect(existsSync(join(run, 'flushed.safetensors'))).toBe(false);
});

test.each([
  ['sgd', '--lr', '0.01'],
  ['adam', '--lr', '0.01', '--clip', 'global-norm:1'],
])(
  'a run with %s that goes on after a flush has the bits of one that was never flushed',
  async (...chain) => {
    const [name, ...rest] = chain;
    const options = ['--accumulate', '4', '--optimizer', name, ...rest];
    await train(`whole-${name}`, '--steps', '15', ...options);
    const run = `flushed-${name}`;
    await train(run, '--steps', '10', ...options);
    expect(existsSync(join(run, 'flushed.safetensors'))).toBe(true);
    expect(readMetricsOf(run).filter((line) => line['flushed'] === true)).toHaveLength(1);
    expect((await runHere('train', 'simplenet', '--resume', run, '--steps', '15')).code).toBe(0);
    expect(arraysOf(checkpointPath(run, 15))).toEqual(arraysOf(checkpointPath(`whole-${name}`, 15)));
    expect(weightsOf(join(run, 'flushed.safetensors'))).toEqual(
      weightsOf(join(`whole-${name}`, 'flushed.safetensors')),
    );
    expect(metricsOf(run)).toEqual(metricsOf(`whole-${name}`));
    expect((await runHere('train', 'simplenet', '--resume', run, '--steps', '16')).code).toBe(0);
    expect(existsSync(join(run, 'flushed.safetensors'))).toBe(false);
  },
);

test('a finished run that is taken up without more steps is flushed to the same weights again', async () => {
  await train('again', '--steps', '6', '--accumulate', '4');
  const flushed = arraysOf('again/flushed.safetensors');
  const metrics = metricsOf('again');
  const { code, out } = await runHere('train', 'simplenet', '--resume', 'again');
  expect(code).toBe(0);
  expect(out).toContain('The last 2 batches of 6 did not fill a step of --accumulate 4');
  expect(arraysOf('again/flushed.safetensors')).toEqual(flushed);
  expect(metricsOf('again')).toEqual(metrics);
});
