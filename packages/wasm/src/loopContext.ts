import {
  groupLayouts,
  isReduction,
  numberCount,
  type EngineStep,
  type Memory,
  type NumberMemory,
  type Program,
} from '@gradkit/core';
import { createRegister, type Register } from './loopStep.ts';
import { required } from './required.ts';
import { createRunningReduction, type RunningReduction } from './runningReduction.ts';

/** What the parts of a compiled plan share. */
export interface LoopContext extends NumberMemory {
  readonly memory: Memory;
  /** How many entries go through all operations of a pass before the next ones do. */
  readonly blockSize: number;
  /** What the step that is being taken brought. */
  inputs: Pick<EngineStep, 'scalars' | 'gradients'>;
  reductionAt(node: number): RunningReduction | undefined;
  /** Room for a block, taken from what was given back. */
  takeBlock(): Register;
  giveBlock(block: Register): void;
}

/** Sets up what a program's loops share. */
export function createLoopContext(
  program: Program,
  { memory, blockSize }: { memory: Memory; blockSize: number },
): LoopContext {
  const layoutOf = groupLayouts(program);
  const largest = Math.max(
    1,
    ...program.groups.flatMap((_, group) => layoutOf(group).leaves.map(({ size }) => size)),
  );
  const numbers = program.nodes.map(
    (node) => new Float32Array(node.kind === 'leaf' ? 0 : numberCount(node, layoutOf(node.group))),
  );
  const numbersAt = (node: number): Float32Array => required(numbers[node]);
  const reductions = program.nodes.map(({ operation }, node): RunningReduction | undefined => {
    return isReduction(operation) ? createRunningReduction(operation, numbersAt(node)) : undefined;
  });
  const free: Register[] = [];

  const context: LoopContext = {
    program,
    memory,
    blockSize,
    inputs: { scalars: new Map(), gradients: [] },
    layoutOf,
    numbersAt,
    arrayAt: (operation, leaf) =>
      operation.op === 'slot' ? memory.slots.get(operation.slot)?.get(leaf) : undefined,
    scalars: () => context.inputs.scalars,
    reductionAt: (node) => reductions[node],
    takeBlock: () => free.pop() ?? createRegister(Math.min(blockSize, largest)),
    giveBlock: (block) => void free.push(block),
  };
  return context;
}
