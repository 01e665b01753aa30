import { nodeSweepers, nodeUpdates } from './nodeContestants.ts';
import {
  evenTree,
  simpleNetTree,
  tenSquaresTree,
  transformerTree,
  type ParameterTree,
} from './parameterTree.ts';
import type { Point } from './results.ts';
import { hold, type Scenario } from './scenario.ts';
import { updateContest } from './updateContest.ts';
import { clipAdamTask } from './updateTask.ts';

const squares: ParameterTree = {
  name: '24 x 32x32',
  leaves: Array.from({ length: 24 }, (_, index) => ({ name: `square${index}`, shape: [32, 32] })),
};

function nodeScenario(name: string, tree: ParameterTree): Scenario {
  const title = `Clip by global norm and Adam inside a training loop on tfjs-node, ${tree.name}`;
  return {
    name,
    title,
    run: async (bench) => ({
      name,
      title,
      points: [await hold(bench, updateContest(tree.name, clipAdamTask(tree), nodeUpdates))],
    }),
  };
}

const sweepTitle = 'Clip by global norm and Adam on tfjs-node, by parameters and by leaves';

/** Optimizer steps inside a training loop on tfjs-node, and the sweep against what TensorFlow can do by hand. */
export const nodeScenarios: readonly Scenario[] = [
  nodeScenario('node-simplenet', simpleNetTree),
  nodeScenario('node-24-squares', squares),
  nodeScenario('node-transformer', transformerTree),
  nodeScenario('node-ten-squares', tenSquaresTree),
  {
    name: 'node-sweep',
    title: sweepTitle,
    run: async (bench) => {
      const trees = [
        ...[1e3, 1e4, 1e5, 1e6, 1e7].map((total) => evenTree(total, 4)),
        ...[1, 50, 500].map((leaves) => evenTree(1e6, leaves)),
      ];
      const points: Point[] = [];
      for (const tree of trees)
        points.push(
          await hold(bench, { ...updateContest(tree.name, clipAdamTask(tree), nodeSweepers), isPoint: true }),
        );
      return { name: 'node-sweep', title: sweepTitle, points };
    },
  },
];
