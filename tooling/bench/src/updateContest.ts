import { planProgram, toProgram } from '@gradkit/core';
import { bytesOfPlan, totalBytes } from './bytesOfPlan.ts';
import type { Contestant } from './contestant.ts';
import { parameterCount } from './parameterTree.ts';
import type { Contest } from './scenario.ts';
import { transforms } from './transforms.ts';
import type { UpdateTask } from './updateTask.ts';

/** A contest of optimizer steps, with its passes and bytes by the plan. */
export function updateContest(
  name: string,
  task: UpdateTask,
  contestants: readonly Contestant<UpdateTask>[],
): Contest<UpdateTask> {
  const { tree, transform, settings } = task;
  const plan = planProgram(toProgram(transforms[transform](settings), tree.leaves));
  return {
    name,
    task,
    contestants,
    parameters: parameterCount(tree),
    leaves: tree.leaves.length,
    bytes: totalBytes(bytesOfPlan(plan)),
    passes: plan.passes.length,
  };
}
