import { gradkitUpdates, memoryLimits, peerUpdates } from './contestants.ts';
import {
  parameterCount,
  simpleNetTree,
  tenSquaresTree,
  transformerTree,
  type ParameterTree,
} from './parameterTree.ts';
import { hold, type Scenario } from './scenario.ts';
import { updateContest } from './updateContest.ts';
import { clipAdamTask } from './updateTask.ts';

function updateScenario(name: string, title: string, tree: ParameterTree): Scenario {
  const isSmall = parameterCount(tree) < 1e6;
  const contestants = [...(isSmall ? [] : memoryLimits), ...gradkitUpdates, ...peerUpdates];
  // Seconds a step, and no target: not in a quick run.
  const skip = new Map([['tfjs-cpu', 'not in a quick run, it takes seconds a step']]);
  return {
    name,
    title: `Clip by global norm and Adam, ${title}`,
    run: async (bench) => ({
      name,
      title: `Clip by global norm and Adam, ${title}`,
      points: [
        await hold(bench, {
          ...updateContest(tree.name, clipAdamTask(tree), contestants),
          ...(bench.quick && tree === transformerTree && { skip }),
        }),
      ],
    }),
  };
}

/** An optimizer step on a net as small as they come: what is measured is the cost of a call. */
export const simpleNetUpdate: Scenario = updateScenario(
  'simplenet',
  'SimpleNet (67 parameters)',
  simpleNetTree,
);

/** An optimizer step on many leaves of all sizes. */
export const transformerUpdate: Scenario = updateScenario(
  'transformer',
  'a small transformer (4.8 million parameters in 52 leaves)',
  transformerTree,
);

/** An optimizer step that the memory decides. */
export const tenSquaresUpdate: Scenario = updateScenario(
  'ten-squares',
  'ten matrices of 1024x1024',
  tenSquaresTree,
);
