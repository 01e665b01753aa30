import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import Table from 'cli-table3';
import { writePage } from './compareCommand.ts';
import { significant } from './formatRun.ts';
import { InputError } from './inputError.ts';
import { parseCount } from './numberOption.ts';
import { existsSync } from 'node:fs';
import { readRunSummary } from './runSummary.ts';
import { readResultOf } from './runFolder.ts';
import { sweepPage } from './sweepPage.ts';
import type { SweptRun } from './sweepPage.ts';
import { tasks } from './tasks.ts';

interface Trial {
  readonly kind: string;
  readonly threshold: number;
  readonly clip: string;
  readonly seed: number;
  readonly path: string;
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
    .option('--out <folder>', 'where the runs and sweep.html go', 'runs/sweep')
    .argument('<task>', `one of ${tasks.map(({ name }) => name).join(', ')}`)
    .argument('[options...]', 'options of trainer train')
    .allowUnknownOption()
    .action(async (task, rest, { clip, seeds, workers, out }) => {
      if (!tasks.some(({ name }) => name === task)) {
        throw new InputError(
          `There is no task ${task}; there are ${tasks.map(({ name }) => name).join(', ')}.`,
        );
      }
      const misplaced = rest.find((word) => ['--run', '--resume', '--seed'].includes(word));
      if (misplaced !== undefined) {
        throw new InputError(
          `sweep names its runs and seeds itself: leave out ${misplaced}, or use --out and --seeds.`,
        );
      }
      const trials = planTrials(clip, seeds, out);
      const ended = await runTrials(trials, { task, rest, workers, signal });
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
      writePage(page, sweepPage(task, runs));
      process.stdout.write(`${sweepTable(runs)}\nWrote ${page}.\n`);
    });
}

function planTrials(clip: string, seeds: string, out: string): readonly Trial[] {
  const [kind = '', list = ''] = clip.split(':');
  const thresholds = list.split(',').map(Number);
  if (kind === '' || list === '' || !thresholds.every((threshold) => threshold > 0)) {
    throw new InputError(
      `--clip ${clip}: write a kind and thresholds above 0, such as global-norm:0.1,0.5,1,5.`,
    );
  }
  const numbers = seeds.split(',').map(Number);
  if (!numbers.every((seed) => Number.isSafeInteger(seed) && seed >= 0)) {
    throw new InputError(`--seeds ${seeds}: write whole numbers from 0, separated by commas.`);
  }
  return thresholds.flatMap((threshold) =>
    numbers.map((seed) => ({
      kind,
      threshold,
      clip: `${kind}:${threshold}`,
      seed,
      path: join(out, `${kind}-${threshold}-seed${seed}`),
    })),
  );
}

/** Runs the trials, so many at a time. @returns those that ended. */
async function runTrials(
  trials: readonly Trial[],
  how: { task: string; rest: readonly string[]; workers: number; signal: AbortSignal },
): Promise<readonly Trial[]> {
  const waiting = [...trials];
  const ended: Trial[] = [];
  const work = async (): Promise<void> => {
    for (let trial = waiting.shift(); trial !== undefined && !how.signal.aborted; trial = waiting.shift()) {
      if (!isEnded(trial.path)) await runTrial(trial, how);
      if (how.signal.aborted) return;
      ended.push(trial);
      process.stderr.write(`${ended.length}/${trials.length} done: ${trial.path}\n`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(how.workers, trials.length) }, work));
  return trials.filter((trial) => ended.includes(trial));
}

function isEnded(path: string): boolean {
  const outcome = existsSync(path) ? readResultOf(path)?.['outcome'] : undefined;
  return outcome !== undefined && outcome !== 'interrupted';
}

async function runTrial(
  trial: Trial,
  { task, rest, signal }: { task: string; rest: readonly string[]; signal: AbortSignal },
): Promise<void> {
  const begun = existsSync(join(trial.path, 'config.json'));
  const args = begun
    ? ['train', task, '--resume', trial.path]
    : ['train', task, ...rest, '--clip', trial.clip, '--seed', String(trial.seed), '--run', trial.path];
  const child = spawn(process.execPath, [process.argv[1] ?? '', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let message = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (message += text));
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  signal.removeEventListener('abort', stop);
  if (code === 0 || code === 1 || signal.aborted) return;
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
