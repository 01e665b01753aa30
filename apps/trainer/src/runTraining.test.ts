import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { adding } from './adding.ts';
import { readMetricsOf } from './runFolder.ts';
import { runHere } from './runTrainer.ts';
import { runTraining } from './runTraining.ts';
import type { Task } from './task.ts';
import type { TrainRequest } from './trainCommand.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainer-training-'));
const before = process.cwd();
process.chdir(folder);
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

/** The task, whose batches run out of memory after so many. */
function failingAfter(batches: number): Task {
  return {
    ...adding,
    open: async (request) => {
      const session = await adding.open(request);
      let left = batches;
      return {
        ...session,
        nextBatch: () => {
          left -= 1;
          if (left < 0) throw new Error('There is no memory left.');
          return session.nextBatch();
        },
      };
    },
  };
}

const request: Omit<TrainRequest, 'task' | 'run' | 'resume'> = {
  config: {
    task: 'adding',
    settings: { length: 10, hidden: 4, batchSize: 2 },
    texts: [],
    seed: 0,
    backend: 'cpu',
    transform: { transform: 'sgd', options: { learningRate: 0.01 } },
    steps: 4,
    logEvery: 1,
    checkpointEvery: 1,
    evaluateEvery: 0,
    sampleEvery: 0,
  },
  maxSeconds: undefined,
  printProgram: false,
  tensorboard: false,
};

async function fail(given: Pick<TrainRequest, 'task' | 'run' | 'resume'>): Promise<void> {
  const quiet = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockReturnValue(true),
  );
  try {
    await expect(runTraining({ ...request, ...given }, new AbortController().signal)).rejects.toThrow(
      'There is no memory left.',
    );
  } finally {
    quiet.forEach((spy) => spy.mockRestore());
  }
}

test('a run that fails before its first step leaves no folder', async () => {
  await fail({ task: failingAfter(0), run: undefined, resume: undefined });
  expect(existsSync('runs')).toBe(false);
});

test('a run that fails after a step leaves what it has done, and failing again when it goes on takes nothing away', async () => {
  await fail({ task: failingAfter(3), run: 'third', resume: undefined });
  const files = (): string[] =>
    ['config.json', 'metrics.jsonl', join('checkpoints', 'step-00000002.safetensors')].map((name) =>
      readFileSync(join('third', name), 'latin1'),
    );
  const [config, metrics, checkpoint] = files();
  expect(readMetricsOf('third').map((line) => line['step'])).toEqual([1, 2, 3]);
  await fail({ task: failingAfter(0), run: undefined, resume: 'third' });
  // What was after the checkpoint is done again.
  const kept = `${metrics?.split('\n').slice(0, 2).join('\n')}\n`;
  expect(files()).toEqual([config, kept, checkpoint]);
  expect((await runHere('train', 'adding', '--resume', 'third')).code).toBe(0);
  expect(readMetricsOf('third').flatMap((line) => ('loss' in line ? [line['step']] : []))).toEqual([
    1, 2, 3, 4,
  ]);
});

test('a text that changed between a run and its --resume is refused by name, and nothing is written', async () => {
  const text = Array.from({ length: 300 }, (_, row) => `Row ${row} of ${row * row}.`).join('\n');
  const tiny =
    '--backend cpu --hidden 4 --sequence-length 8 --batch-size 2 --evaluate-every 0 --sample-every 0';
  const train = (...args: readonly string[]): ReturnType<typeof runHere> =>
    runHere('train', 'char-gru', ...args, '--steps', '2');
  writeFileSync('one.txt', text);
  writeFileSync('two.txt', text);
  const first = ['--data', 'one.txt', 'two.txt', '--run', 'texts'];
  expect((await train(...tiny.split(' '), ...first)).code).toBe(0);
  expect((await train('--resume', 'texts')).code).toBe(0);
  // Of the same length and with the same characters.
  writeFileSync('two.txt', text.replace('Row 1 ', 'Row 2 '));
  const files = ['config.json', 'metrics.jsonl', 'result.json'].map((name) => join('texts', name));
  const content = files.map((file) => readFileSync(file, 'utf8'));
  const changed = await train('--resume', 'texts');
  expect(changed).toMatchObject({ code: 2, out: '' });
  expect(changed.err).toMatch(
    /\nerror: "two\.txt" has changed since the run in texts began, which would go on with another text\. Put the old file back, or begin a new run with --config texts\/config\.json\.\n$/,
  );
  expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(content);
  expect((await train('--config', 'texts/config.json', '--run', 'anew')).code).toBe(0);
  expect((await train('--resume', 'anew')).code).toBe(0);
  rmSync('two.txt');
  expect((await train('--resume', 'anew')).err).toMatch(
    /\nerror: "two\.txt" cannot be read: there is no such file\.\n$/,
  );
  writeFileSync('two.txt', text);
  expect((await train('--resume', 'texts')).code).toBe(0);
});

test('sweep refuses to go on beside a run whose text has changed', async () => {
  const text = Array.from({ length: 300 }, (_, row) => `Row ${row} of ${row * row}.`).join('\n');
  const options =
    '--backend cpu --hidden 4 --sequence-length 8 --batch-size 2 --steps 2 --data swept.txt --clip value:1'.split(
      ' ',
    );
  writeFileSync('swept.txt', text);
  const trained = await runHere('train', 'char-gru', ...options, '--run', 'swept/value-1-seed0');
  expect(trained.code).toBe(0);
  writeFileSync('swept.txt', `${text}.`);
  const { code, out, err } = await runHere('sweep', 'char-gru', '--out', 'swept', ...options);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^error: "swept\.txt" has changed since the run in swept\/value-1-seed0 began/);
});
