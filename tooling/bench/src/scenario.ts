import type { Contestant, Session, StepCounts } from './contestant.ts';
import { measureRounds, type Effort } from './measureRounds.ts';
import type { Point, ScenarioResult } from './results.ts';

/** One comparison. One file each; `scenarios.ts` lists them. */
export interface Scenario {
  /** For the command line and the targets. */
  readonly name: string;
  readonly title: string;
  run(bench: Bench): Promise<ScenarioResult>;
}

/** What a scenario is run with. */
export interface Bench {
  readonly quick: boolean;
  /** Whether somebody takes part: there, and not excluded on the command line. */
  takesPart(contestant: { readonly name: string }): boolean;
  /** Says what is going on. */
  progress(text: string): void;
}

/** A task for contestants to take turns at. */
export interface Contest<Task> {
  /** As the table is headed. */
  readonly name: string;
  readonly task: Task;
  readonly contestants: readonly Contestant<Task>[];
  readonly parameters: number;
  readonly leaves: number;
  readonly bytes?: number;
  readonly passes?: number;
  /** Who is left out, by name, with the reason. */
  readonly skip?: ReadonlyMap<string, string>;
  /** One of many points of a curve: fewer rounds. */
  readonly isPoint?: boolean;
}

const efforts: Readonly<Record<'quick' | 'point' | 'full', Effort>> = {
  quick: {
    rounds: 7,
    fewestRounds: 2,
    roundMilliseconds: 15,
    warmUpMilliseconds: 400,
    contestantMilliseconds: 250,
  },
  point: {
    rounds: 11,
    fewestRounds: 3,
    roundMilliseconds: 25,
    warmUpMilliseconds: 500,
    contestantMilliseconds: 1200,
  },
  full: {
    rounds: 31,
    fewestRounds: 4,
    roundMilliseconds: 40,
    warmUpMilliseconds: 1500,
    contestantMilliseconds: 4000,
  },
};

/** Lets contestants take turns at a task. Whoever cannot set it up is left out, with the reason. */
export async function hold<Task>(bench: Bench, contest: Contest<Task>): Promise<Point> {
  const { name, task, contestants, skip, isPoint = false, parameters, leaves, bytes, passes } = contest;
  const leftOut: { label: string; reason: string }[] = [];
  const taking: { contestant: Contestant<Task>; session: Session }[] = [];
  for (const contestant of contestants.filter((one) => bench.takesPart(one))) {
    const { label } = contestant;
    const reason = skip?.get(contestant.name) ?? contestant.tooLarge?.(task);
    if (reason !== undefined) {
      leftOut.push({ label, reason });
      continue;
    }
    bench.progress(`${name}: setting up ${label}`);
    try {
      taking.push({ contestant, session: await contestant.open(task) });
    } catch (error) {
      leftOut.push({ label, reason: `cannot set it up: ${String(error)}` });
    }
  }
  const effort = efforts[bench.quick ? 'quick' : isPoint ? 'point' : 'full'];
  const measured = await measureRounds(
    taking.map(({ session }) => session),
    effort,
    ({ round, session }) => {
      const label = taking[session]?.contestant.label ?? '';
      bench.progress(
        `${name}: ${round < 0 ? 'warming up' : `round ${round + 1} of ${effort.rounds},`} ${label}`,
      );
    },
  );
  const counts: (StepCounts | undefined)[] = [];
  for (const { session } of taking) {
    await session.activate?.();
    counts.push(await session.count?.());
  }
  for (const { session } of taking) await session.dispose();
  return {
    name,
    parameters,
    leaves,
    ...(bytes !== undefined && { bytes }),
    ...(passes !== undefined && { passes }),
    rows: taking.flatMap(({ contestant }, index) => {
      const one = measured[index];
      const counted = counts[index];
      if (one === undefined) return [];
      const { name: id, label } = contestant;
      return [{ contestant: id, label, ...one, ...(counted !== undefined && { counts: counted }) }];
    }),
    leftOut,
  };
}
