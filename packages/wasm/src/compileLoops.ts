import {
  compileCommits,
  compileNumbers,
  compileReports,
  type EngineStep,
  type Memory,
  type Pass,
  type Plan,
  type ReadReports,
  type Task,
} from '@gradkit/core';
import { compileSweep } from './compileSweep.ts';
import { createLoopContext } from './loopContext.ts';
import { finishReduction, startReduction } from './runningReduction.ts';

/**
 * Makes a plan into loops over one memory. All scratch is allocated here; a step only runs the loops. The results are those of
 * `interpretPlan`, bit for bit.
 */
export function compileLoops(
  plan: Plan,
  options: { memory: Memory; blockSize: number },
): (inputs: Pick<EngineStep, 'scalars' | 'gradients'>) => ReadReports {
  const context = createLoopContext(plan.program, options);
  const idle = context.inputs;
  const tasks = [
    ...plan.passes.flatMap(compilePass),
    ...compileNumbers(plan.after, context),
    ...compileCommits(context),
  ];
  const reports = compileReports(context);

  return (inputs) => {
    context.inputs = inputs;
    for (const task of tasks) task();
    context.inputs = idle;
    return reports;
  };

  function compilePass({ before, sweeps }: Pass): Task[] {
    const fed = new Set(sweeps.flatMap(({ reductions }) => reductions.map(({ reduction }) => reduction)));
    const reductions = Array.from(fed).flatMap((node) => context.reductionAt(node) ?? []);
    return [
      ...compileNumbers(before, context),
      () => reductions.forEach(startReduction),
      ...sweeps.map((sweep) => compileSweep(sweep, context)),
      () => reductions.forEach(finishReduction),
    ];
  }
}
