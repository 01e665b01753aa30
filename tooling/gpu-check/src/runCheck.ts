import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { simpleNetTree } from '@gradkit/bench/parameterTree';
import type { GpuContest, GpuReport, GpuReportEnd, SuiteResult } from '@gradkit/bench/gpuReport';
import { thisMachine } from '@gradkit/bench/machine';
import { usualSettings } from '@gradkit/bench/updateTask';
import { requestWholeDevice, webgpuContestants } from '@gradkit/bench/webgpuContestants';
import { webgpuEngine } from '@gradkit/webgpu';
import { adapterFacts } from './adapterFacts.ts';
import { CardLostError } from './cardLost.ts';
import { expectationOf, type Seen } from './expectations.ts';
import { clockFacts } from './gpuTimer.ts';
import { holdContest } from './holdContest.ts';
import { openGpu } from './openGpu.ts';
import { bufferCopy, nothingAtAll } from './referenceContestants.ts';
import { openReportFile, type ReportFile } from './reportFile.ts';
import { runChains, runConformance, runGoldens, type SuiteOptions } from './suites.ts';
import { firstLine, timedContestant, type TimedContestant } from './timedContestant.ts';
import { startTorch } from './torchCuda.ts';
import { timedTrees } from './trees.ts';
import { verdictsOn } from './verdicts.ts';

/** How the check runs. */
export interface CheckOptions {
  /** The folder that the check was packed into. */
  readonly folder: string;
  /** Dawn's native file. */
  readonly dawnFile: string;
  /** Where the report goes. */
  readonly out: string;
  /** It ends within so many seconds. */
  readonly seconds: number;
  /** The steps of a lap. */
  readonly steps: number;
  readonly chains: number;
  readonly commit: string;
  readonly python: string;
  /** Where the random numbers begin; another place for each run. */
  readonly seed: number;
  /** For trying what happens then: the device is destroyed in the middle of `conformance` or of the timing. */
  readonly lose?: 'conformance' | 'timing';
  readonly say: (line: string) => void;
}

/** How the check ended, for the shell. */
export const exitCodes = { right: 0, wrong: 1, noDevice: 2, lost: 3, tooLong: 4, failed: 5 } as const;

/** The shares of the time that suites may take; the rest is for the timing. */
const shares = { goldens: 0.13, conformance: 0.22, chains: 0.15 };

const laps = { most: 7, fewest: 3 };

/** Runs everything and keeps the report. The result is the exit code. */
export async function runCheck(options: CheckOptions): Promise<number> {
  const { out, say, seconds, commit } = options;
  const begin = performance.now();
  const elapsed = (): number => performance.now() - begin;
  const file = openReportFile(out, {
    format: 1,
    started: new Date().toISOString(),
    seconds: 0,
    commit,
    doing: 'opening the device',
    machine: thisMachine(),
    torch: 'PyTorch was not asked for',
    suites: [],
    contests: [],
    verdicts: [],
  });
  const end = (ended: GpuReportEnd, code: number): number => {
    file.update({ ended, seconds: elapsed() / 1000 });
    say(ended.text);
    return code;
  };
  // Whatever hangs, the report says so.
  const watchdog = setTimeout(
    () => {
      const text = `The time was up (${seconds} s) and something hung: ${file.report.doing}. What was found until then is kept.`;
      process.exit(end({ isWhole: false, text }, exitCodes.tooLong));
    },
    1000 * seconds + 10_000,
  );
  try {
    return await check(options, { file, elapsed, end });
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const text = `${firstLine(what)} This was while: ${file.report.doing}. What was found until then is kept.`;
    const isLost = error instanceof CardLostError;
    return end({ isWhole: false, text }, isLost ? exitCodes.lost : exitCodes.failed);
  } finally {
    clearTimeout(watchdog);
  }
}

interface Run {
  readonly file: ReportFile;
  elapsed(): number;
  end(ended: GpuReportEnd, code: number): number;
}

async function check(options: CheckOptions, { file, elapsed, end }: Run): Promise<number> {
  const { say, dawnFile, seconds } = options;
  const total = 1000 * seconds;
  const adapter = await openGpu(dawnFile).requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    const text =
      'There is no WebGPU adapter: the Vulkan loader found no driver that works. Install the Vulkan part of the GPU driver, or name its manifest with --driver FILE.';
    return end({ isWhole: false, text }, exitCodes.noDevice);
  }
  const facts = adapterFacts(adapter);
  file.update({ adapter: facts });
  say(`Adapter: ${facts.name}${facts.isSoftware ? ' (a program on the processor, not a card)' : ''}`);

  const torch = await startTorch({
    script: join(options.folder, 'torchCuda.py'),
    python: options.python,
  });
  file.update({ torch: 'reason' in torch ? torch.reason : torch.version });
  say(file.report.torch);
  try {
    await runSuites(options, { file, total, elapsed, isSoftware: facts.isSoftware });
    await runContests(options, {
      file,
      total,
      elapsed,
      others: 'reason' in torch ? [] : [torch.contestant],
    });
  } finally {
    if (!('reason' in torch)) await torch.contestant.close?.();
  }
  return summary(file.report, end);
}

function summary({ suites, verdicts, contests, adapter }: GpuReport, end: Run['end']): number {
  const wrong = suites.reduce((sum, suite) => sum + suite.wrong.length, 0);
  const passed = suites.reduce((sum, suite) => sum + suite.passed, 0);
  const broken = verdicts.filter(({ isHeld }) => !isHeld).length;
  // The times of a program say nothing, and what else the machine does shows in them.
  const counted = verdicts.filter(
    ({ isHeld, isOfTimes }) => !isHeld && !(isOfTimes && adapter?.isSoftware),
  ).length;
  const isTimed = ({ rows }: GpuContest): boolean =>
    rows.some(({ contestant }) => contestant.startsWith('gradkit'));
  const leftOut = contests.filter((contest) => !isTimed(contest)).map(({ name }) => name);
  const text = [
    `The run is whole, on ${adapter?.name ?? 'no device'}: ${passed} cases are right, ${wrong} are wrong;`,
    `${contests.length - leftOut.length} of ${contests.length} sizes were timed with Gradkit, ${verdicts.length - broken} of ${verdicts.length} claims on the measurement hold.`,
    ...(leftOut.length === 0
      ? []
      : [`Left out, since the device is too slow or too small: ${leftOut.join('; ')}.`]),
  ].join(' ');
  return end({ isWhole: true, text }, wrong + counted === 0 ? exitCodes.right : exitCodes.wrong);
}

async function runSuites(
  options: CheckOptions,
  {
    file,
    total,
    elapsed,
    isSoftware,
  }: Pick<Run, 'file' | 'elapsed'> & { readonly total: number; readonly isSoftware: boolean },
): Promise<void> {
  const { say } = options;
  const device = await requestWholeDevice();
  // A program goes through the lanes of a workgroup one by one.
  const engine = webgpuEngine(device, isSoftware ? { workgroupSize: 8 } : {});
  const done: SuiteResult[] = [];
  const suite = async (
    share: number,
    name: string,
    run: (given: SuiteOptions) => Promise<SuiteResult>,
  ): Promise<void> => {
    file.update({ doing: name });
    const onProgress = (result: SuiteResult): void => {
      if (options.lose === 'conformance' && name === 'conformance') device.destroy();
      file.update({ suites: [...done, result], seconds: elapsed() / 1000 });
    };
    const result = await run({ device, engine, milliseconds: share * total, onProgress });
    done.push(result);
    file.update({ suites: done, seconds: elapsed() / 1000 });
    const { passed, wrong, skipped, leftOut } = result;
    say(
      `${name}: ${passed} right, ${wrong.length} wrong, ${skipped.length} skipped${leftOut === 0 ? '' : `, ${leftOut} left out, since the time was up`} (${result.seconds.toFixed(1)} s)`,
    );
    for (const line of wrong.slice(0, 5)) say(`  ${line}`);
  };
  const cases = pathToFileURL(join(options.folder, 'cases/'));
  await suite(shares.goldens, 'goldens', async (given) => runGoldens(given, cases));
  await suite(shares.conformance, 'conformance', runConformance);
  await suite(shares.chains, 'random chains', async (given) => runChains(given, options.chains));
  device.destroy();
}

async function runContests(
  options: CheckOptions,
  {
    file,
    total,
    elapsed,
    others,
  }: Pick<Run, 'file' | 'elapsed'> & { readonly total: number; readonly others: readonly TimedContestant[] },
): Promise<void> {
  const { say, steps } = options;
  let losable: GPUDevice | undefined;
  const timestamps: bigint[] = [];
  const contestants = [
    nothingAtAll,
    bufferCopy,
    ...webgpuContestants.map((one) => timedContestant(one, (device) => (losable = device))),
  ].map((one) => keepingTimestamps(one, timestamps));
  await startEverybody(contestants, file);
  const done: GpuContest[] = [];
  const seen = new Map<string, Seen[]>();
  for (const [index, tree] of timedTrees.entries()) {
    const parameters = tree.leaves.reduce(
      (sum, { shape }) => sum + shape.reduce((all, axis) => all * axis, 1),
      0,
    );
    const size = { parameters, leaves: tree.leaves.length };
    const contest = await holdContest({
      task: {
        kind: 'update',
        tree,
        transform: 'clip + Adam',
        // Adam forgets how long a gradient was, and with it the clip, unless its epsilon is of the size of an entry.
        settings: { ...usualSettings, epsilon: 1 / Math.sqrt(parameters) },
        start: (options.seed + 40_503 * index) % 2 ** 29,
      },
      contestants: [...contestants, ...others],
      steps,
      laps: laps.most,
      fewestLaps: laps.fewest,
      milliseconds: (0.95 * total - elapsed()) / (timedTrees.length - index),
      expected: new Map(Array.from(seen, ([name, before]) => [name, expectationOf(before, size)])),
      onSeen: (name, what) => seen.set(name, [...(seen.get(name) ?? []), { ...what, ...size }]),
      onProgress: (current, doing) => {
        if (options.lose === 'timing' && tree !== simpleNetTree && doing.includes('lap 1'))
          losable?.destroy();
        file.update({ contests: [...done, current], doing, seconds: elapsed() / 1000 });
      },
    });
    done.push(contest);
    file.update({
      contests: done,
      verdicts: verdictsOn(done),
      clock: clockFacts(timestamps),
      seconds: elapsed() / 1000,
    });
    say(lineOf(contest));
  }
}

/** What each does once, such as starting its backend and compiling its first shader, is not counted against its first size. */
async function startEverybody(contestants: readonly TimedContestant[], file: ReportFile): Promise<void> {
  for (const { label, open } of contestants) {
    file.update({ doing: `starting ${label}` });
    try {
      const session = await open({
        kind: 'update',
        tree: simpleNetTree,
        transform: 'clip + Adam',
        settings: usualSettings,
      });
      await session.lap(2);
      await session.dispose();
    } catch (error) {
      if (error instanceof CardLostError) throw error;
      // Each size says who cannot take part, and why.
    }
  }
}

function keepingTimestamps(contestant: TimedContestant, all: bigint[]): TimedContestant {
  return {
    ...contestant,
    open: async (task) => {
      const session = await contestant.open(task);
      return {
        ...session,
        dispose: async () => {
          all.push(...session.timestamps);
          await session.dispose();
        },
      };
    },
  };
}

function lineOf({ name, rows, leftOut }: GpuContest): string {
  const times = rows.map(
    ({ contestant, gpu, wall, result }) =>
      `${contestant} ${(gpu ?? wall).median.toPrecision(3)} ms${result.isRight ? '' : ' (NOT RIGHT)'}`,
  );
  const without = leftOut.map(({ label, reason }) => `\n  left out: ${label}; ${reason}`).join('');
  return `${name}: ${times.join(', ') || 'nobody'}${without}`;
}
