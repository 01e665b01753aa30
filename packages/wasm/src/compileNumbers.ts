import { isReduction } from '@gradkit/core';
import { elementwiseLoops, type Loop } from './elementwiseLoops.ts';
import { numbersOfLeaf } from './leafLayout.ts';
import type { LoopContext } from './loopContext.ts';
import { createRegister, loopStep, runLoopStep, type Register } from './loopStep.ts';
import { countEntries, finishReduction, reductionBlock, startReduction } from './runningReduction.ts';

/** Something to do once a step. */
export type Task = () => void;

/** What is to be done at each step for a node that has a number for all leaves, each leaf or each unit; nothing for a constant. */
export function compileNumbers(index: number, context: LoopContext): readonly Task[] {
  const { program, memory } = context;
  const node = program.nodes[index];
  if (node === undefined) return [];
  const { operation } = node;
  const { values } = context.numbersAt(index);
  const { leaves } = context.layoutOf(node.group);
  switch (operation.op) {
    case 'constant':
      values.fill(operation.value);
      return [];
    case 'size':
      for (const leaf of leaves) {
        const { start, end } = numbersOfLeaf(node, leaf);
        values.fill(operation.over === 'leaf' ? leaf.size : leaf.size / leaf.units, start, end);
      }
      return [];
    case 'scalarInput': {
      const { name } = operation;
      return [() => void (values[0] = context.inputs.scalars.get(name) ?? NaN)];
    }
    case 'slot': {
      const arrays = memory.slots.get(operation.slot);
      const sources = leaves.map((leaf) => ({
        array: arrays?.get(leaf.leaf) ?? new Float32Array(0),
        start: numbersOfLeaf(node, leaf).start,
      }));
      return [
        () => {
          for (const { array, start } of sources)
            for (let i = 0; i < array.length; i++) values[start + i] = array[i] ?? NaN;
        },
      ];
    }
    case 'push': {
      const [history, value] = node.inputs.map((input) => context.numbersAt(input).values);
      return [
        () => {
          for (let i = 0; i < values.length; i++) values[i] = history?.[i + 1] ?? value?.[0] ?? NaN;
        },
      ];
    }
    // These have an entry for each entry of a leaf, and are read by sweeps.
    case 'parameter':
    case 'gradient':
      return [];
    default:
      return isReduction(operation)
        ? [reduceNumbers(index, context)]
        : elementwiseOnNumbers(elementwiseLoops[operation.op], index, context);
  }
}

/** A reduction of the numbers of all leaves, or of a vector, to one. */
function reduceNumbers(index: number, context: LoopContext): Task {
  const running = context.reductionAt(index);
  const inputs = context.program.nodes[index]?.inputs.map((input) => context.numbersAt(input).values) ?? [];
  if (running === undefined) return () => {};
  const block = reductionBlock(running);
  return () => {
    startReduction(running);
    for (const values of inputs) {
      countEntries(running, { size: values.length, at: 0, units: 1 });
      block.values = values;
      block.length = values.length;
      running.reduction.feed(block);
    }
    finishReduction(running);
  };
}

function elementwiseOnNumbers(loop: Loop, index: number, context: LoopContext): readonly Task[] {
  const out = context.numbersAt(index);
  const tasks: Task[] = [];
  const operands = (context.program.nodes[index]?.inputs ?? []).map((input) =>
    spreadNumbers({ input, to: index, tasks }, context),
  );
  const step = loopStep(loop, { out, operands });
  return [...tasks, () => runLoopStep(step, out.values.length)];
}

/** The numbers of an operand, one for each number of the node that reads it. */
function spreadNumbers(
  { input, to, tasks }: { input: number; to: number; tasks: Task[] },
  context: LoopContext,
): Register {
  const { nodes } = context.program;
  const [from, wide] = [nodes[input], nodes[to]];
  const numbers = context.numbersAt(input);
  if (from === undefined || wide === undefined || from.kind === wide.kind) return numbers;
  const spread = createRegister(context.numbersAt(to).values.length);
  const ranges = context.layoutOf(wide.group).leaves.map((leaf) => ({
    from: numbersOfLeaf(from, leaf).start,
    ...numbersOfLeaf(wide, leaf),
  }));
  tasks.push(() => {
    for (const range of ranges)
      for (let i = range.start; i < range.end; i++) spread.values[i] = numbers.values[range.from] ?? NaN;
  });
  return spread;
}
