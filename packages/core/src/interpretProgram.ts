import {
  compileCommits,
  compileNumbers,
  compileReports,
  compileStore,
  type NumberMemory,
} from './compileNumbers.ts';
import { groupLayouts, numberCount } from './groupLayout.ts';
import type { Memory } from './memory.ts';
import { isArrayNode, type Write } from './plan.ts';
import type { Program } from './program.ts';
import type { ReadReports } from './report.ts';

/**
 * Runs a program operation by operation, each over all of its leaves, and writes the results when all are known. This is the
 * definition of what a program means: float32 after every operation, sums and norms in float64, nothing clever.
 */
export function interpretProgram(
  program: Program,
  memory: Memory,
  scalars: ReadonlyMap<string, number>,
): ReadReports {
  const numbers = numbersOf(program, { memory, scalars });
  for (const task of compileNumbers(Array.from(program.nodes.keys()), numbers)) task();
  const writes: Write[] = [
    ...program.updates.map(({ node }): Write => ({ to: 'update', node })),
    ...program.slots
      .filter(({ node }) => isArrayNode(program.nodes[node]))
      .map(({ slot, node }): Write => ({ to: 'slot', slot, node })),
    ...program.parameters.map(({ node }): Write => ({ to: 'parameter', node })),
  ];
  for (const write of writes) store(write, numbers, memory);
  for (const commit of compileCommits(numbers)) commit();
  return compileReports(numbers);
}

function numbersOf(
  program: Program,
  { memory, scalars }: { memory: Memory; scalars: ReadonlyMap<string, number> },
): NumberMemory {
  const layoutOf = groupLayouts(program);
  const numbers = program.nodes.map((node) => new Float32Array(numberCount(node, layoutOf(node.group))));
  return {
    program,
    layoutOf,
    numbersAt: (node) => numbers[node] ?? new Float32Array(0),
    arrayAt: (operation, leaf) =>
      operation.op === 'slot'
        ? memory.slots.get(operation.slot)?.get(leaf)
        : { parameter: memory.parameters, gradient: memory.gradients }[operation.op][leaf],
    scalars: () => scalars,
  };
}

function store(write: Write, numbers: NumberMemory, { parameters, updates, slots }: Memory): void {
  const arrayAt = (leaf: number): Float32Array | undefined =>
    write.to === 'slot'
      ? slots.get(write.slot)?.get(leaf)
      : { parameter: parameters, update: updates }[write.to][leaf];
  compileStore(write, numbers, arrayAt)();
}
