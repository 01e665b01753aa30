import { trainingContestants } from './contestants.ts';
import { parameterCount, simpleNetTree } from './parameterTree.ts';
import { hold, type Scenario } from './scenario.ts';
import { simpleNetTraining } from './trainingTask.ts';

const title = 'A whole training step of SimpleNet, 32 rows: forward, backward, clip, Adam';

/** Forward, backward, clip and update together. */
export const trainingStep: Scenario = {
  name: 'training-step',
  title,
  run: async (bench) => ({
    name: 'training-step',
    title,
    points: [
      await hold(bench, {
        name: 'SimpleNet, one training step',
        task: simpleNetTraining,
        contestants: trainingContestants,
        parameters: parameterCount(simpleNetTree),
        leaves: simpleNetTree.leaves.length,
      }),
    ],
  }),
};
