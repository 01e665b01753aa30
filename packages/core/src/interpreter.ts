import {
  compileCommits,
  compileNumbers,
  compileReports,
  compileStore,
  spread,
  type NumberMemory,
} from './compileNumbers.ts';
import { groupLayouts, numberCount, type LeafLayout } from './groupLayout.ts';
import { accumulatorFor, isReduction, type Accumulator } from './operation.ts';
import { isArrayNode, type Plan, type Sweep, type Write } from './plan.ts';
import type { Program } from './program.ts';
import type { ReadReports } from './report.ts';

/**
 * The memory that a program works on. Arrays are per leaf, by number; a scalar or a vector of the state has one array, under
 * `noGroup`.
 */
export interface Memory {
  readonly parameters: readonly Float32Array[];
  readonly gradients: readonly (Float32Array | undefined)[];
  readonly slots: ReadonlyMap<string, ReadonlyMap<number, Float32Array>>;
  /** Where updates go when a program hands them over. */
  readonly updates: readonly Float32Array[];
}

/**
 * Runs a program operation by operation, each over all of its leaves, and writes the results when all are known. This is the
 * definition of what a program means: float32 after every operation, sums and norms in float64, nothing clever.
 */
export function interpretProgram(
  program: Program,
  memory: Memory,
  scalars: ReadonlyMap<string, number>,
): ReadReports {
  const numbers = numbersOf(program, { memory, scalars, ofEntries: true });
  compute(Array.from(program.nodes.keys()), numbers);
  const writes: Write[] = [
    ...program.updates.map(({ node }): Write => ({ to: 'update', node })),
    ...program.slots
      .filter(({ node }) => isArrayNode(program.nodes[node]))
      .map(({ slot, node }): Write => ({ to: 'slot', slot, node })),
    ...program.parameters.map(({ node }): Write => ({ to: 'parameter', node })),
  ];
  for (const write of writes) store(write, numbers, memory);
  return finish(numbers);
}

/**
 * Runs a program pass by pass, a block of entries at a time, writing in place: what an engine does, in JavaScript. The results
 * are those of {@link interpretProgram}, bit for bit.
 */
export function interpretPlan(
  { program, passes, after }: Plan,
  memory: Memory,
  scalars: ReadonlyMap<string, number>,
  { blockSize = 256 }: { blockSize?: number } = {},
): ReadReports {
  const numbers = numbersOf(program, { memory, scalars, ofEntries: false });
  for (const { before, sweeps } of passes) {
    compute(before, numbers);
    const running = new Map<number, readonly Accumulator[]>();
    for (const { reduction } of sweeps.flatMap(({ reductions }) => reductions)) {
      const operation = program.nodes[reduction]?.operation;
      if (operation === undefined || !isReduction(operation)) continue;
      running.set(
        reduction,
        Array.from(numbers.numbersAt(reduction), () => accumulatorFor(operation)),
      );
    }
    for (const sweep of sweeps) {
      for (const leaf of numbers.layoutOf(sweep.group).leaves) {
        for (let start = 0; start < leaf.size; start += blockSize)
          computeBlock(
            sweep,
            { ...leaf, phase: start, size: Math.min(blockSize, leaf.size - start) },
            running,
          );
      }
    }
    for (const [reduction, accumulators] of running)
      numbers.numbersAt(reduction).set(accumulators.map((accumulator) => accumulator.result()));
  }
  compute(after, numbers);
  return finish(numbers);

  function computeBlock(
    sweep: Sweep,
    leaf: LeafLayout,
    running: ReadonlyMap<number, readonly Accumulator[]>,
  ): void {
    const values = new Map(sweep.nodes.map((node) => [node, new Float32Array(leaf.size)]));
    const layout = { leaves: [{ ...leaf, firstEntry: 0 }], units: 0, entries: leaf.size };
    const block: NumberMemory = {
      ...numbers,
      layoutOf: () => layout,
      numbersAt: (node) => values.get(node) ?? numbers.numbersAt(node),
    };
    compute(sweep.nodes, block);
    for (const { reduction, input } of sweep.reductions) {
      const to = spread(reduction, input, block);
      block
        .numbersAt(input)
        .forEach((value, index) => running.get(reduction)?.[to?.[index] ?? 0]?.push(value));
    }
    for (const write of sweep.writes) store(write, block, memory);
  }
}

function numbersOf(
  program: Program,
  {
    memory,
    scalars,
    ofEntries,
  }: { memory: Memory; scalars: ReadonlyMap<string, number>; ofEntries: boolean },
): NumberMemory {
  const layoutOf = groupLayouts(program);
  const numbers = program.nodes.map(
    (node) => new Float32Array(ofEntries || !isArrayNode(node) ? numberCount(node, layoutOf(node.group)) : 0),
  );
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

function compute(nodes: readonly number[], numbers: NumberMemory): void {
  for (const task of compileNumbers(nodes, numbers)) task();
}

function store(write: Write, numbers: NumberMemory, { parameters, updates, slots }: Memory): void {
  const arrayAt = (leaf: number): Float32Array | undefined =>
    write.to === 'slot'
      ? slots.get(write.slot)?.get(leaf)
      : { parameter: parameters, update: updates }[write.to][leaf];
  compileStore(write, numbers, arrayAt)();
}

function finish(numbers: NumberMemory): ReadReports {
  for (const commit of compileCommits(numbers)) commit();
  return compileReports(numbers);
}
