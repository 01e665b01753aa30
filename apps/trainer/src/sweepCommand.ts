import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Command, Option } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import Table from 'cli-table3';
import { writePage } from './compareCommand.ts';
import { significant } from './formatRun.ts';
import { InputError } from './inputError.ts';
import { parseJsonObject } from './jsonFields.ts';
import { isSeed, parseCount, parseNumber } from './numberOption.ts';
import { withHelp } from './helpText.ts';
import { readRunConfig } from './runConfig.ts';
import { readConfigOf, readResultOf } from './runFolder.ts';
import { readRunSummary } from './runSummary.ts';
import { sweepPage } from './sweepPage.ts';
import type { SweptRun } from './sweepPage.ts';
import type { Task } from './task.ts';
import { tasks } from './tasks.ts';
import { trainCommand } from './trainCommand.ts';
import type { TrainRequest } from './trainCommand.ts';

interface Trial {
  readonly threshold: number;
  readonly clip: string;
  readonly seed: number;
  readonly path: string;
  readonly request: TrainRequest;
}

/** The command that trains with one threshold after the other, in worker processes, and draws what that does to the loss. */
export function sweepCommand(signal: AbortSignal, exit: (code: number) => void): CommandUnknownOpts {
  return new Command('sweep')
    .description(
      'Train with each of several clips and seeds in worker processes; what is not named here goes to "trainer train". ' +
        'What is finished already is not trained again.',
    )
    .addOption(
      new Option('--clip <kind:thresholds>', 'such as global-norm:0.1,0.5,1,5').makeOptionMandatory(),
    )
    .option('--seeds <numbers>', 'separated by commas', '0')
    .addOption(
      new Option('--workers <number>', 'processes at a time')
        .argParser(parseCount)
        .default(Math.max(1, availableParallelism() - 1)),
    )
    .option('--out <folder>', 'where the runs and sweep.html go (usually runs/sweep-TASK)')
    .argument('<task>', `one of ${tasks.map(({ name }) => name).join(', ')}`)
    .argument('[options...]', 'options of trainer train')
    .allowUnknownOption()
    .action(async (name, rest, { clip, seeds, workers, out = join('runs', `sweep-${name}`) }) => {
      const task = tasks.find((known) => known.name === name);
      if (task === undefined) {
        throw new InputError(
          `There is no task ${name}; there are ${tasks.map((known) => known.name).join(', ')}.`,
        );
      }
      const misplaced = rest.map(flagIn).find((flag) => named.has(flag));
      if (misplaced !== undefined) {
        throw new InputError(
          `sweep names its runs and seeds itself, and trains them: leave out ${misplaced}, or use --out and --seeds.`,
        );
      }
      const trials: Trial[] = [];
      for (const trial of planTrials(clip, seeds, out)) {
        trials.push({ ...trial, request: await requestOf(task, [...rest, ...wordsOf(trial)]) });
      }
      trials.forEach(refuseOther);
      const ended = await runTrials(trials, { rest, workers, signal });
      if (signal.aborted) {
        process.stderr.write('Interrupted; the same command goes on with what is left.\n');
        exit(signal.reason === 'SIGTERM' ? 143 : 130);
        return;
      }
      const runs = ended.map(({ threshold, clip: word, seed, path }): SweptRun => ({
        clip: word,
        threshold,
        seed,
        run: readRunSummary(path),
      }));
      const page = join(out, 'sweep.html');
      writePage(page, sweepPage(name, runs));
      process.stdout.write(`${sweepTable(runs)}\nWrote ${page}.\n`);
    });
}

/** The options of `trainer train` that a sweep sets for each of its runs, or that would keep it from training. */
const named: ReadonlySet<string> = new Set(['--run', '--resume', '--seed', '--print-program']);

/** `--seed` of `--seed=3`. */
function flagIn(word: string): string {
  return word.split('=')[0] ?? '';
}

function planTrials(clip: string, seeds: string, out: string): readonly Omit<Trial, 'request'>[] {
  const [kind = '', list = '', ...more] = clip.split(':');
  const thresholds = [...new Set(list.split(',').map(parseNumber))];
  if (kind === '' || more.length > 0 || !thresholds.every((threshold) => threshold > 0)) {
    throw new InputError(
      `--clip ${clip}: write a kind and thresholds above 0, such as global-norm:0.1,0.5,1,5.`,
    );
  }
  const numbers = [...new Set(seeds.split(',').map(parseNumber))];
  if (!numbers.every(isSeed)) {
    throw new InputError(
      `--seeds ${JSON.stringify(seeds)}: write whole numbers from 0 to 2147483647, separated by commas.`,
    );
  }
  return thresholds.flatMap((threshold) =>
    numbers.map((seed) => ({
      threshold,
      clip: `${kind}:${threshold}`,
      seed,
      path: join(out, `${kind}-${threshold}-seed${seed}`),
    })),
  );
}

function wordsOf({ clip, seed, path }: Omit<Trial, 'request'>): readonly string[] {
  return ['--clip', clip, '--seed', String(seed), '--run', path];
}

/** What `trainer train` makes of these words, judged before anything is trained. */
async function requestOf(task: Task, words: readonly string[]): Promise<TrainRequest> {
  const requests: TrainRequest[] = [];
  const command = trainCommand(task, (request) => {
    requests.push(request);
    return Promise.resolve();
  });
  await withHelp(command).parseAsync([...words], { from: 'user' });
  const [request] = requests;
  if (request === undefined) throw new InputError(`${words.join(' ')} is no run of ${task.name}.`);
  return request;
}

/** @throws {InputError} if the trial's folder holds a run that is not the trial. */
function refuseOther({ path, request }: Trial): void {
  if (!existsSync(join(path, 'config.json'))) return;
  const there = readConfigOf(path);
  const { backend, ...wanted } = readRunConfig(parseJsonObject(JSON.stringify(request.config), path), path);
  const other = Object.entries({ ...wanted, ...(backend === 'auto' ? {} : { backend }) })
    .filter(([name, value]) => !isDeepStrictEqual(value, new Map(Object.entries(there)).get(name)))
    .map(([name]) => name);
  if (other.length === 0) return;
  throw new InputError(
    `${path} holds a run that differs from this one in ${other.join(', ')}. Name another folder: --out FOLDER; or delete that one.`,
  );
}

/** Runs the trials, so many at a time; when one cannot be run, the others are stopped. @returns those that ended. */
async function runTrials(
  trials: readonly Trial[],
  { rest, workers, signal }: { rest: readonly string[]; workers: number; signal: AbortSignal },
): Promise<readonly Trial[]> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  signal.addEventListener('abort', stop);
  const waiting = [...trials];
  const ended: Trial[] = [];
  const work = async (): Promise<void> => {
    for (let trial = waiting.shift(); trial !== undefined; trial = waiting.shift()) {
      if (stopping.signal.aborted) return;
      if (!isEnded(trial.path)) await runTrial(trial, { rest, signal: stopping.signal });
      if (stopping.signal.aborted) return;
      ended.push(trial);
      process.stderr.write(`${ended.length}/${trials.length} done: ${trial.path}\n`);
    }
  };
  const works = Array.from({ length: Math.min(workers, trials.length) }, async () => {
    try {
      await work();
    } catch (error) {
      stop();
      throw error;
    }
  });
  await Promise.allSettled(works);
  signal.removeEventListener('abort', stop);
  await Promise.all(works);
  return trials.filter((trial) => ended.includes(trial));
}

function isEnded(path: string): boolean {
  const outcome = existsSync(path) ? readResultOf(path)?.['outcome'] : undefined;
  return outcome !== undefined && outcome !== 'interrupted';
}

async function runTrial(
  trial: Trial,
  { rest, signal }: { rest: readonly string[]; signal: AbortSignal },
): Promise<void> {
  const { task, maxSeconds, tensorboard } = trial.request;
  const begun = existsSync(join(trial.path, 'config.json'));
  const again = [
    '--resume',
    trial.path,
    ...(maxSeconds === undefined ? [] : ['--seconds', String(maxSeconds)]),
    ...(tensorboard ? ['--tensorboard'] : []),
  ];
  const args = ['train', task.name, ...(begun ? again : [...rest, ...wordsOf(trial)])];
  const child = spawn(process.execPath, [process.argv[1] ?? '', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let message = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (message += text));
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  signal.removeEventListener('abort', stop);
  // Not by the code: a run that diverged has that of a program that failed.
  if (isEnded(trial.path) || signal.aborted) return;
  const reason = message.trim().split('\n').at(-1) ?? '';
  throw new InputError(
    `The run ${trial.path} ended with exit code ${code}: ${reason.replace(/^error: /, '')}`,
  );
}

function sweepTable(runs: readonly SweptRun[]): string {
  const table = new Table({
    head: ['clip', 'seed', 'final loss', 'held out', 'outcome'],
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  table.push(
    ...runs.map(({ clip, seed, run }) => [
      clip,
      String(seed),
      significant(run.finalLoss),
      significant(run.heldOut),
      run.outcome,
    ]),
  );
  return table.toString();
}
