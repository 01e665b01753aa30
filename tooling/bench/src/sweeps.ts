import { gradkitUpdates, memoryLimits, peerUpdates } from './contestants.ts';
import { duration } from './formatNumbers.ts';
import { evenTree, parameterCount, type ParameterTree } from './parameterTree.ts';
import type { Point } from './results.ts';
import { hold, type Bench, type Scenario } from './scenario.ts';
import { updateContest } from './updateContest.ts';
import { clipAdamTask } from './updateTask.ts';

interface Sweep {
  readonly name: string;
  readonly title: string;
  readonly trees: (quick: boolean) => readonly ParameterTree[];
  /** How much longer a step takes at the next tree, at most. */
  readonly growth: (from: Point, to: ParameterTree) => number;
}

const numbers = new Intl.NumberFormat('en');

function sweepScenario({ name, title, trees, growth }: Sweep): Scenario {
  const [copy] = memoryLimits;
  const contestants = [...(copy === undefined ? [] : [copy]), ...gradkitUpdates, ...peerUpdates];
  return {
    name,
    title,
    run: async (bench) => {
      const points: Point[] = [];
      for (const tree of trees(bench.quick)) {
        const contest = updateContest(tree.name, clipAdamTask(tree), contestants);
        const skip = new Map([
          ...tooSlow(bench, points, tree, growth),
          ...notAmongTheLargest(tree, contestants),
        ]);
        points.push(await hold(bench, { ...contest, skip, isPoint: true }));
      }
      return { name, title, points };
    },
  };
}

/** Leaves out whoever would take too long, by its time at the last point that it took part in. */
function tooSlow(
  { quick }: Bench,
  points: readonly Point[],
  tree: ParameterTree,
  growth: Sweep['growth'],
): ReadonlyMap<string, string> {
  const limit = quick ? 100 : 1500;
  const expected = new Map(
    points.flatMap((point) =>
      point.rows.map(({ contestant, milliseconds }): [string, number] => [
        contestant,
        milliseconds.median * growth(point, tree),
      ]),
    ),
  );
  return new Map(
    Array.from(expected)
      .filter(([, milliseconds]) => milliseconds > limit)
      .map(([contestant, milliseconds]) => [
        contestant,
        `about ${duration(milliseconds)} a step would take too long`,
      ]),
  );
}

/** Above so many parameters not everybody fits into the memory of a usual machine together: a row each of the engine, a binding and others. */
const largestForAll = 5e7;
export const amongTheLargest: readonly string[] = [
  'copy-wasm',
  'gradkit-wasm',
  'gradkit-tfjs-cpu',
  'torch-1',
  'loops',
];

function notAmongTheLargest(
  tree: ParameterTree,
  contestants: readonly { readonly name: string }[],
): [string, string][] {
  if (parameterCount(tree) < largestForAll) return [];
  return contestants
    .filter(({ name }) => !amongTheLargest.includes(name))
    .map(({ name }) => [name, 'so many arrays of everybody would not fit into memory together']);
}

const powers = (exponents: readonly number[]): number[] =>
  exponents.map((exponent) => Math.round(10 ** exponent));

/** The number of parameters in four leaves, from 1e3 to 1e8. */
export const sizeSweep: Scenario = sweepScenario({
  name: 'sizes',
  title: 'Clip by global norm and Adam, by the number of parameters (in four leaves)',
  trees: (quick) =>
    powers(quick ? [3, 5, 7] : [3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8]).map((total) => ({
      ...evenTree(total, 4),
      name: `${numbers.format(total)} parameters`,
    })),
  growth: ({ parameters }, { leaves }) =>
    leaves.reduce((sum, { shape }) => sum + (shape[0] ?? 1), 0) / parameters,
});

const sweepTotal = 1_000_000;

/** The number of leaves, from 1 to 2,000, of a million parameters. */
export const leafSweep: Scenario = sweepScenario({
  name: 'leaves',
  title: `Clip by global norm and Adam, by the number of leaves (${numbers.format(sweepTotal)} parameters in all)`,
  trees: (quick) =>
    (quick ? [1, 50, 2000] : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]).map((count) => ({
      ...evenTree(sweepTotal, count),
      name: count === 1 ? '1 leaf' : `${numbers.format(count)} leaves`,
    })),
  growth: ({ leaves: before }, { leaves }) => Math.min(leaves.length / before, 4),
});
