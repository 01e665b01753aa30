import { gradkitUpdates, memoryLimits } from './contestants.ts';
import { tenSquaresTree, transformerTree } from './parameterTree.ts';
import type { Point } from './results.ts';
import { hold, type Scenario } from './scenario.ts';
import type { TransformName } from './transforms.ts';
import { updateContest } from './updateContest.ts';
import { usualSettings } from './updateTask.ts';

const names: readonly TransformName[] = [
  'clip + Adam',
  'clip + AdamW + value clip',
  'per-leaf clip + momentum',
  'AGC + Lion',
];

const title = 'Bytes that a step moves, by its plan, and the time beside a copy of as many';

/** Whether a step of k passes takes the time of k passes. */
export const bytesMoved: Scenario = {
  name: 'bytes',
  title,
  run: async (bench) => {
    const points: Point[] = [];
    const limits = bench.quick ? memoryLimits.slice(0, 1) : memoryLimits;
    const tree = bench.quick ? transformerTree : tenSquaresTree;
    for (const transform of names) {
      const task = { kind: 'update', tree, transform, settings: usualSettings } as const;
      points.push(
        await hold(bench, updateContest(`${transform}, ${tree.name}`, task, [...limits, ...gradkitUpdates])),
      );
    }
    return { name: 'bytes', title, points };
  },
};
