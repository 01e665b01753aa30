import { setTimeout } from 'node:timers/promises';
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
  /** A slow contestant takes part in as many rounds as it can within so many milliseconds. */
  readonly contestantMilliseconds: number;
}

/** What one session gave. */
export interface Measured {
  readonly milliseconds: Spread;
  readonly stepsPerRound: number;
  readonly rounds: readonly Round[];
}

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
 * visit, so that nobody pays for another's (`node --expose-gc`).
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
      await makeReady(plan.session);
      // One step is not counted: it wakes threads and fetches what the others pushed out of the caches.
      if (plan.stepMilliseconds < 50) await plan.session.run(1);
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
  { rounds, fewestRounds, roundMilliseconds, contestantMilliseconds }: Effort,
): Promise<Plan> {
  await makeReady(session);
  let step = await session.run(1);
  let spent = step;
  // Compilers need some repetitions, and a slow step few.
  for (let steps = 1; spent < 2 * roundMilliseconds; steps = Math.min(2 * steps, 1024)) {
    const total = await session.run(steps);
    step = total / steps;
    spent += total;
  }
  const stepsPerRound = Math.max(1, Math.round(roundMilliseconds / step));
  const affordable = Math.floor(contestantMilliseconds / (stepsPerRound * step));
  const roundCount = Math.min(Math.max(affordable, fewestRounds), rounds);
  return { session, stepMilliseconds: step, stepsPerRound, roundCount, rounds: [] };
}

/** Spreads the rounds of a slow contestant evenly. */
function takesPart({ roundCount }: Plan, round: number, rounds: number): boolean {
  return Math.floor(((round + 1) * roundCount) / rounds) > Math.floor((round * roundCount) / rounds);
}

async function makeReady({ activate }: Session): Promise<void> {
  // The second collection waits until the arrays that the first one found are given back.
  globalThis.gc?.();
  globalThis.gc?.();
  // The threads of others go to sleep.
  await setTimeout(5);
  await activate?.();
}
