import { isReduction, type EngineStep, type Memory, type Program } from '@gradkit/core';
import { groupLayouts, numberCount, type GroupLayout } from './leafLayout.ts';
import { createRegister, type Register } from './loopStep.ts';
import { createRunningReduction, type RunningReduction } from './runningReduction.ts';

/** What the parts of a compiled plan share. */
export interface LoopContext {
  readonly program: Program;
  readonly memory: Memory;
  /** How many entries go through all operations of a pass before the next ones do. */
  readonly blockSize: number;
  /** What the step that is being taken brought. */
  inputs: Pick<EngineStep, 'scalars' | 'gradients'>;
  layoutOf(group: number): GroupLayout;
  /** The values of a node that is not over entries, for its whole group. */
  numbersAt(node: number): Register;
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
  const layouts = groupLayouts(program);
  const layoutOf = (group: number): GroupLayout =>
    layouts.get(group) ?? { leaves: [], units: 0, largestSize: 0 };
  const largest = Math.max(...Array.from(layouts.values(), ({ largestSize }) => largestSize));
  const numbers = program.nodes.map((node) => createRegister(numberCount(node, layoutOf(node.group))));
  const numbersAt = (node: number): Register => numbers[node] ?? createRegister(0);
  const reductions = program.nodes.map(({ operation }, node): RunningReduction | undefined => {
    return isReduction(operation) ? createRunningReduction(operation, numbersAt(node).values) : undefined;
  });
  const free: Register[] = [];

  return {
    program,
    memory,
    blockSize,
    inputs: { scalars: new Map(), gradients: [] },
    layoutOf,
    numbersAt,
    reductionAt: (node) => reductions[node],
    takeBlock: () => free.pop() ?? createRegister(Math.min(blockSize, largest)),
    giveBlock: (block) => void free.push(block),
  };
}
