import { type EngineStep, type Memory, type Output, type Pass, type Plan, type Results } from '@gradkit/core';
import { compileNumbers, type Task } from './compileNumbers.ts';
import { compileSweep } from './compileSweep.ts';
import { numbersOfLeaf } from './leafLayout.ts';
import { createLoopContext } from './loopContext.ts';
import { finishReduction, startReduction } from './runningReduction.ts';

/**
 * Makes a plan into loops over one memory. All scratch is allocated here; a step only runs the loops. The results are those of
 * `interpretPlan`, bit for bit.
 */
export function compileLoops(
  plan: Plan,
  options: { memory: Memory; blockSize: number },
): (inputs: Pick<EngineStep, 'scalars' | 'gradients'>) => Results {
  const { program } = plan;
  const { memory } = options;
  const context = createLoopContext(program, options);
  const idle = context.inputs;
  const passes = plan.passes.flatMap(compilePass);
  const after = plan.after.flatMap((index) => compileNumbers(index, context));
  const commits = program.slots.flatMap(compileCommit);
  const reports = program.reports.map(({ name, outputs }) => ({ name, numbers: outputs.flatMap(numbersOf) }));
  const holds = program.holds.flatMap(numbersOf);

  return (inputs) => {
    context.inputs = inputs;
    for (const task of passes) task();
    for (const task of after) task();
    for (const task of commits) task();
    context.inputs = idle;
    return {
      reports: new Map(reports.map(({ name, numbers }) => [name, new Map(numbers.map(entryOf))])),
      holds: new Map(holds.map((number) => [number.leaf, valueOf(number) !== 0])),
    };
  };

  function compilePass({ before, sweeps }: Pass): Task[] {
    const fed = new Set(sweeps.flatMap(({ reductions }) => reductions.map(({ reduction }) => reduction)));
    const reductions = Array.from(fed).flatMap((node) => context.reductionAt(node) ?? []);
    return [
      ...before.flatMap((index) => compileNumbers(index, context)),
      () => reductions.forEach(startReduction),
      ...sweeps.map((sweep) => compileSweep(sweep, context)),
      () => reductions.forEach(finishReduction),
    ];
  }

  /** Numbers of the state are written when the step is over, so that it reads the old ones to its end. */
  function compileCommit({ slot, node: index }: Output & { readonly slot: string }): Task[] {
    const node = program.nodes[index];
    const arrays = memory.slots.get(slot);
    if (node === undefined || node.kind === 'leaf') return [];
    const { values } = context.numbersAt(index);
    return context.layoutOf(node.group).leaves.flatMap((leaf) => {
      const array = arrays?.get(leaf.leaf);
      const { start } = numbersOfLeaf(node, leaf);
      if (array === undefined) return [];
      return [
        () => {
          for (let i = 0; i < array.length; i++) array[i] = values[start + i] ?? NaN;
        },
      ];
    });
  }

  function numbersOf({ node: index }: Output): NumberOfLeaf[] {
    const node = program.nodes[index];
    if (node === undefined) return [];
    const { values } = context.numbersAt(index);
    return context
      .layoutOf(node.group)
      .leaves.map((leaf) => ({ leaf: leaf.leaf, values, at: numbersOfLeaf(node, leaf).start }));
  }
}

interface NumberOfLeaf {
  readonly leaf: number;
  readonly values: Float32Array;
  readonly at: number;
}

function valueOf({ values, at }: NumberOfLeaf): number {
  return values[at] ?? NaN;
}

function entryOf(number: NumberOfLeaf): [number, number] {
  return [number.leaf, valueOf(number)];
}
