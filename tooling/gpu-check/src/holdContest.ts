import type { GpuContest, GpuRow } from '@gradkit/bench/gpuReport';
import { parameterCount } from '@gradkit/bench/parameterTree';
import { spreadOf } from '@gradkit/bench/statistics';
import type { UpdateTask } from '@gradkit/bench/updateTask';
import { CardLostError } from './cardLost.ts';
import type { Lap } from './gpuTimer.ts';
import { bytesOfStep } from './referenceContestants.ts';
import { firstLine, type TimedContestant, type TimedSession } from './timedContestant.ts';

/** Milliseconds that a contestant takes. */
export interface Expectation {
  /** Until it can take steps, its first ones included. */
  readonly setUp: number;
  readonly step: number;
}

/** How a contest is held. */
export interface ContestOptions {
  readonly task: UpdateTask;
  readonly contestants: readonly TimedContestant[];
  /** The steps of a lap. */
  readonly steps: number;
  /** Laps at most, of which the median is taken, and at least. */
  readonly laps: number;
  readonly fewestLaps: number;
  /** All may take so many milliseconds together. */
  readonly milliseconds: number;
  /** What to expect of contestants, by name, from an earlier contest. */
  readonly expected: ReadonlyMap<string, Expectation>;
  /** Is told what was seen of each contestant that was set up. */
  readonly onSeen?: (name: string, seen: Expectation) => void;
  readonly clock?: () => number;
  readonly onProgress?: (contest: GpuContest, doing: string) => void;
}

/** Up to so many parameters all contestants have room at once. */
const roomForAll = 2e7;
const warmUp = { laps: 3, steps: 64, milliseconds: 300 };
/** With less than so many milliseconds nobody is set up. */
const leastShare = 1000;
/** How much of its time a contestant's laps may take; the rest is for setting up and comparing. */
const shareOfLaps = 0.7;

interface LeftOut {
  readonly label: string;
  readonly reason: string;
}

interface Entrant {
  readonly contestant: TimedContestant;
  readonly session: TimedSession;
  readonly lapCount: number;
  /** Milliseconds that a lap is going to take. */
  readonly lapMilliseconds: number;
  readonly laps: Lap[];
  stepsTaken: number;
}

/**
 * Times contestants at one task: each lap is so many steps, laps go round in turn from the front and from the back, the median is taken.
 * Who would take longer than its share of the time is left out before that time is spent, with the reason; so is who fails.
 *
 * @throws {CardLostError} if the device is lost.
 */
export async function holdContest(options: ContestOptions): Promise<GpuContest> {
  const { task, contestants, steps, milliseconds } = options;
  const clock = options.clock ?? (() => performance.now());
  const isSideBySide = parameterCount(task.tree) <= roomForAll;
  const rows: GpuRow[] = [];
  const leftOut: LeftOut[] = [];
  const moved = bytesOfStep(task);
  const contest = (): GpuContest => ({
    name: task.tree.name,
    parameters: parameterCount(task.tree),
    leaves: task.tree.leaves.length,
    ...moved,
    steps,
    start: task.start ?? 0,
    isSideBySide,
    rows: contestants.flatMap(({ name }) => rows.filter((row) => row.contestant === name)),
    leftOut,
  });
  const report = (doing: string): void => options.onProgress?.(contest(), `${task.tree.name}: ${doing}`);
  const begin = clock();
  const entrants: Entrant[] = [];
  const close = async (entrant: Entrant): Promise<void> => {
    report(`comparing ${entrant.contestant.label} with float64`);
    try {
      rows.push(await rowOf(entrant, steps));
    } catch (error) {
      leftOut.push({ label: entrant.contestant.label, reason: reasonOf(error) });
    }
    await entrant.session.dispose();
  };
  try {
    for (const [index, contestant] of contestants.entries()) {
      const left = milliseconds - (clock() - begin) - committed(entrants);
      const share = Math.max(0, left) / (contestants.length - index);
      report(`setting up ${contestant.label}`);
      const entered = await enter(contestant, options, share);
      if ('reason' in entered) {
        leftOut.push({ label: contestant.label, reason: entered.reason });
      } else {
        entrants.push(entered);
        if (isSideBySide) continue;
        await runLaps(entrants, options, { leftOut, report });
        const alone = entrants.pop();
        if (alone !== undefined) await close(alone);
      }
    }
    await runLaps(entrants, options, { leftOut, report });
    while (entrants.length > 0) {
      const entrant = entrants.shift();
      if (entrant !== undefined) await close(entrant);
    }
    report('done');
    return contest();
  } catch (error) {
    // What has laps keeps them, although nobody can compare its result any more.
    for (const { contestant, laps, stepsTaken } of entrants) {
      if (laps.length > 0)
        rows.push({
          ...timesOf(contestant, laps, steps),
          result: {
            isRight: false,
            text: `not compared after ${stepsTaken} steps, since the run broke off`,
          },
        });
    }
    report('broken off');
    throw error;
  }
}

/** The milliseconds that the laps of entrants are going to take. */
function committed(entrants: readonly Entrant[]): number {
  return entrants.reduce((sum, { lapCount, lapMilliseconds }) => sum + lapCount * lapMilliseconds, 0);
}

async function enter(
  contestant: TimedContestant,
  { task, steps, laps: most, fewestLaps, expected, onSeen, clock = () => performance.now() }: ContestOptions,
  share: number,
): Promise<Entrant | { readonly reason: string }> {
  const count = steps * fewestLaps;
  const foreseen = expected.get(contestant.name) ?? { setUp: 0, step: 0 };
  if (share < leastShare) return { reason: 'the time was up' };
  if (needed(foreseen, count) > share)
    return { reason: `by the sizes before, ${tooSlow(foreseen, count, share)}` };
  const begin = clock();
  let session: TimedSession | undefined;
  try {
    session = await contestant.open(task);
    let stepsTaken = 0;
    const take = async (taken: number): Promise<Lap> => {
      const lap = (await session?.lap(taken)) ?? { wall: NaN };
      stepsTaken += taken;
      return lap;
    };
    // The first steps compile.
    await take(2);
    const setUp = clock() - begin;
    let spent = 0;
    let step = Infinity;
    // The shortest counts: what else happened meanwhile makes nobody slow.
    for (
      let lap = 0;
      lap < warmUp.laps || (spent < warmUp.milliseconds && stepsTaken < warmUp.steps);
      lap++
    ) {
      const { wall } = await take(2 ** lap);
      step = Math.min(step, wall / 2 ** lap);
      spent += wall;
      if (setUp + spent > share) break;
    }
    onSeen?.(contestant.name, { setUp, step });
    const affordable = Math.floor((shareOfLaps * (share - setUp)) / (step * steps));
    if (affordable < fewestLaps) {
      await session.dispose();
      return { reason: tooSlow({ setUp, step }, count, share) };
    }
    return {
      contestant,
      session,
      lapCount: Math.min(most, affordable),
      lapMilliseconds: step * steps,
      laps: [],
      stepsTaken,
    };
  } catch (error) {
    if (error instanceof CardLostError) throw error;
    await session?.dispose().catch(() => undefined);
    return { reason: reasonOf(error) };
  }
}

/** The milliseconds of setting up, of so many steps, and of what comes after them. */
function needed({ setUp, step }: Expectation, count: number): number {
  return setUp + (step * count) / shareOfLaps;
}

function tooSlow(expectation: Expectation, count: number, share: number): string {
  const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);
  return `setting up, ${count} steps and comparing would take ${seconds(needed(expectation, count))} s, and it has ${seconds(share)} s`;
}

function reasonOf(error: unknown): string {
  if (error instanceof CardLostError) throw error;
  return firstLine(error instanceof Error ? error.message : String(error));
}

/** Runs the laps of all; whoever fails is taken out. */
async function runLaps(
  entrants: Entrant[],
  { steps, laps: most }: ContestOptions,
  { leftOut, report }: { readonly leftOut: LeftOut[]; readonly report: (doing: string) => void },
): Promise<void> {
  for (let round = 0; round < most; round++) {
    for (const entrant of round % 2 === 0 ? [...entrants] : entrants.toReversed()) {
      const { contestant, session, lapCount, laps } = entrant;
      if (round >= lapCount) continue;
      report(`lap ${round + 1} of ${contestant.label}`);
      try {
        laps.push(await session.lap(steps));
        entrant.stepsTaken += steps;
      } catch (error) {
        leftOut.push({ label: contestant.label, reason: reasonOf(error) });
        entrants.splice(entrants.indexOf(entrant), 1);
        await session.dispose();
      }
    }
  }
}

async function rowOf({ contestant, session, laps, stepsTaken }: Entrant, steps: number): Promise<GpuRow> {
  const result = await session.verify(stepsTaken);
  const counts = await session.count?.();
  return { ...timesOf(contestant, laps, steps), ...(counts === undefined ? {} : { counts }), result };
}

/** The times of a step, from laps of so many. */
export function timesOf(
  { name, label }: Pick<TimedContestant, 'name' | 'label'>,
  laps: readonly Lap[],
  steps: number,
): Omit<GpuRow, 'result'> {
  const gpu = laps.flatMap((lap) => (lap.gpu === undefined ? [] : [lap.gpu / steps]));
  return {
    contestant: name,
    label,
    ...(gpu.length === 0 ? {} : { gpu: spreadOf(gpu) }),
    wall: spreadOf(laps.map(({ wall }) => wall / steps)),
    laps,
  };
}
