import type { Session } from './contestant.ts';
import { spreadOf, type Round, type Spread } from './statistics.ts';

/** How long measuring goes on. */
export interface Effort {
  /** Rounds at most. */
  readonly rounds: number;
  /** The rounds that even the slowest contestant takes part in. */
  readonly fewestRounds: number;
  /** A round repeats the step for about as many milliseconds. */
  readonly roundMilliseconds: number;
  /** Before it is measured, a step is repeated for so many milliseconds, or a step that takes long a few times. */
  readonly warmUpMilliseconds: number;
  /** A slow contestant takes part in as many rounds as it can within so many milliseconds. */
  readonly contestantMilliseconds: number;
}

/** What one session gave. */
export interface Measured {
  readonly milliseconds: Spread;
  readonly stepsPerRound: number;
  readonly rounds: readonly Round[];
}

/** A step below so many milliseconds is decided by code, one above by memory. */
const shortStep = 5;

interface Plan {
  readonly session: Session;
  readonly stepMilliseconds: number;
  readonly stepsPerRound: number;
  readonly roundCount: number;
  readonly rounds: Round[];
}

/**
 * Measures sessions in alternating rounds, so that what else the machine does hits all of them alike: each round visits each session, in
 * turn from the front and from the back. Steps before that warm up and tell how many a round takes. Garbage is collected before each
 * visit, so that nobody pays for another's (`node --expose-gc`): all of it where steps are long, the young where they are short.
 */
export async function measureRounds(
  sessions: readonly Session[],
  effort: Effort,
  onVisit: (at: { round: number; session: number }) => void = () => undefined,
): Promise<Measured[]> {
  const plans: Plan[] = [];
  for (const [index, session] of sessions.entries()) {
    onVisit({ round: -1, session: index });
    plans.push(await warmUp(session, effort));
  }
  for (let round = 0; round < effort.rounds; round++) {
    const order = [...plans.entries()];
    for (const [index, plan] of round % 2 === 0 ? order : order.toReversed()) {
      if (!takesPart(plan, round, effort.rounds)) continue;
      onVisit({ round, session: index });
      await makeReady(plan.session, plan.stepMilliseconds);
      // Some steps are not counted: they wake threads and fetch what the others pushed out of the caches.
      if (plan.stepMilliseconds < 50) await plan.session.run(Math.ceil(plan.stepsPerRound / 4));
      const total = await plan.session.run(plan.stepsPerRound);
      plan.rounds.push({ round, milliseconds: total / plan.stepsPerRound });
    }
  }
  return plans.map(({ stepsPerRound, rounds }) => ({
    milliseconds: spreadOf(rounds.map(({ milliseconds }) => milliseconds)),
    stepsPerRound,
    rounds,
  }));
}

async function warmUp(
  session: Session,
  { rounds, fewestRounds, roundMilliseconds, warmUpMilliseconds, contestantMilliseconds }: Effort,
): Promise<Plan> {
  await makeReady(session, Infinity);
  let step = await session.run(1);
  let spent = step;
  // JavaScript's compilers take their time: a short step is compiled well only after thousands of repetitions.
  for (let steps = 1, taken = 1; spent < warmUpMilliseconds && taken < enoughToWarmUp(step);) {
    const total = await session.run(steps);
    step = total / steps;
    spent += total;
    taken += steps;
    steps = Math.min(2 * steps, 1024);
  }
  const stepsPerRound = Math.max(1, Math.round(roundMilliseconds / step));
  const affordable = Math.floor(contestantMilliseconds / (stepsPerRound * step));
  const roundCount = Math.min(Math.max(affordable, fewestRounds), rounds);
  return { session, stepMilliseconds: step, stepsPerRound, roundCount, rounds: [] };
}

/** How many repetitions no compiler needs more of: a step that takes long has loops that are compiled while they run. */
function enoughToWarmUp(stepMilliseconds: number): number {
  return stepMilliseconds < shortStep ? Infinity : stepMilliseconds < 50 ? 16 : 3;
}

/** Spreads the rounds of a slow contestant evenly. */
function takesPart({ roundCount }: Plan, round: number, rounds: number): boolean {
  return Math.floor(((round + 1) * roundCount) / rounds) > Math.floor((round * roundCount) / rounds);
}

async function makeReady({ activate }: Session, stepMilliseconds: number): Promise<void> {
  if (stepMilliseconds < shortStep) {
    // A collection of everything throws compiled code away, which short steps then do without for a whole round.
    globalThis.gc?.({ type: 'minor' });
  } else {
    // The second collection waits until the arrays that the first one found are given back.
    globalThis.gc?.();
    globalThis.gc?.();
  }
  // The threads of others go to sleep.
  await new Promise((resolve) => setTimeout(resolve, 5));
  await activate?.();
}
