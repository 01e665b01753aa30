import {
  compileCommits,
  compileNumbers,
  compileReports,
  type NumberMemory,
  type Task,
} from './compileNumbers.ts';
import { compileKernel } from './compileKernel.ts';
import type { EngineStep } from './engine.ts';
import { groupLayouts, numberCount } from './groupLayout.ts';
import { lowerPlan, type KernelPass } from './kernel.ts';
import type { Memory } from './memory.ts';
import { isReduction } from './operation.ts';
import type { Plan } from './plan.ts';
import type { ReadReports } from './report.ts';
import { createRunningReduction, finishReduction, startReduction } from './runningReduction.ts';

/** What a step brings. */
type Inputs = Pick<EngineStep, 'scalars' | 'gradients'>;

/**
 * Makes a plan into loops over one memory. All scratch is allocated here; a step only runs the loops. The results are those of
 * `interpretProgram`, bit for bit.
 */
export function compileLoops(
  plan: Plan,
  { memory, blockSize }: { memory: Memory; blockSize: number },
): (inputs: Inputs) => ReadReports {
  const { program, passes, numbersAfter } = lowerPlan(plan);
  const layoutOf = groupLayouts(program);
  const numbers = program.nodes.map(
    (node) => new Float32Array(node.kind === 'leaf' ? 0 : numberCount(node, layoutOf(node.group))),
  );
  const idle: Inputs = { scalars: new Map(), gradients: [] };
  let inputs = idle;
  const context: NumberMemory = {
    program,
    layoutOf,
    numbersAt: (node) => numbers[node] ?? new Float32Array(0),
    arrayAt: (operation, leaf) => {
      if (operation.op === 'slot') return memory.slots.get(operation.slot)?.get(leaf);
      return (operation.op === 'gradient' ? inputs.gradients : memory.parameters)[leaf];
    },
    scalars: () => inputs.scalars,
  };
  const tasks = [
    ...passes.flatMap(compilePass),
    ...compileNumbers(numbersAfter, context),
    ...compileCommits(context),
  ];
  const reports = compileReports(context);

  return (given) => {
    inputs = given;
    for (const task of tasks) task();
    inputs = idle;
    return reports;
  };

  function compilePass({ numbersBefore, kernels, reductions }: KernelPass): Task[] {
    const running = new Map(
      reductions.flatMap((node) => {
        const operation = program.nodes[node]?.operation;
        if (operation === undefined || !isReduction(operation)) return [];
        return [[node, createRunningReduction(operation, context.numbersAt(node))]] as const;
      }),
    );
    return [
      ...compileNumbers(numbersBefore, context),
      () => running.forEach(startReduction),
      ...kernels.map((kernel) => compileKernel(kernel, { ...context, memory, blockSize, running })),
      () => running.forEach(finishReduction),
    ];
  }
}
