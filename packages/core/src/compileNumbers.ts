import { numbersOfLeaf, type GroupLayout } from './groupLayout.ts';
import {
  elementwiseMeaning,
  isElementwise,
  isReduction,
  type ElementwiseName,
  type Operation,
  type Reduction,
} from './operation.ts';
import type { Output, Program, ProgramNode } from './program.ts';
import {
  countEntries,
  createRunningReduction,
  finishReduction,
  pushTo,
  startReduction,
} from './runningReduction.ts';
import type { ReadReports } from './report.ts';

/** Something to do once a step. */
export type Task = () => void;

/** What an operation reads that is not computed but lies in memory. */
type MemoryOperation = Extract<Operation, { op: 'parameter' | 'gradient' | 'slot' }>;

/** Where the numbers of a program are while it runs. */
export interface NumberMemory {
  readonly program: Program;
  layoutOf(group: number): GroupLayout;
  /** The numbers of a node in its group, leaf after leaf; truth values are 1 and 0. */
  numbersAt(node: number): Float32Array;
  /** What an operation reads of a leaf, or of none (`noGroup`). */
  arrayAt(operation: MemoryOperation, leaf: number): Float32Array | undefined;
  /** The host's numbers at the step that is being taken. */
  scalars(): ReadonlyMap<string, number>;
}

/**
 * What is to be done at each step for some nodes, in order; nothing for a constant, whose numbers are written at once. This is the definition of
 * what an operation means: float32 after each, sums and norms in float64.
 */
export function compileNumbers(indices: readonly number[], memory: NumberMemory): readonly Task[] {
  return indices.flatMap((index) => compileNode(index, memory) ?? []);
}

function compileNode(index: number, memory: NumberMemory): Task | undefined {
  const node = nodeAt(memory, index);
  const { operation, inputs } = node;
  const values = memory.numbersAt(index);
  switch (operation.op) {
    case 'constant':
      values.fill(operation.value);
      return undefined;
    case 'size':
      for (const leaf of memory.layoutOf(node.group).leaves) {
        const { start, end } = numbersOfLeaf(node, leaf);
        values.fill(operation.over === 'leaf' ? leaf.size : leaf.size / leaf.units, start, end);
      }
      return undefined;
    case 'scalarInput':
      return () => void (values[0] = memory.scalars().get(operation.name) ?? NaN);
    case 'parameter':
    case 'gradient':
    case 'slot': {
      const places = placesIn(node, memory, (leaf) => memory.arrayAt(operation, leaf));
      return () => {
        for (const { array, start, end } of places)
          for (let i = start; i < end; i++) values[i] = array[(i - start) % array.length] ?? NaN;
      };
    }
    case 'push': {
      const [history, value] = inputs.map((input) => memory.numbersAt(input));
      return () => {
        for (let i = 0; i < values.length; i++) values[i] = history?.[i + 1] ?? value?.[0] ?? NaN;
      };
    }
    default:
      if (isReduction(operation)) return reduce(operation, index, memory);
      return isElementwise(operation.op) ? elementwise(operation.op, index, memory) : undefined;
  }
}

/** A reduction of numbers: each goes to the result that would be broadcast to it. */
function reduce(operation: Reduction, index: number, memory: NumberMemory): Task {
  const running = createRunningReduction(operation, memory.numbersAt(index));
  const inputs = nodeAt(memory, index).inputs.map((input) => {
    const node = nodeAt(memory, input);
    const ranges = memory.layoutOf(node.group).leaves.map((leaf) => {
      const { start, end } = numbersOfLeaf(node, leaf);
      return { start, end: node.kind === 'unit' ? start + leaf.units : end };
    });
    return { numbers: memory.numbersAt(input), to: spread(index, input, memory), ranges };
  });
  for (const { to, ranges } of inputs) {
    for (const { start, end } of ranges)
      for (let i = start; i < end; i++) countEntries(running, to?.[i] ?? i, 1);
  }
  return () => {
    startReduction(running);
    for (const { numbers, to, ranges } of inputs) {
      for (const { start, end } of ranges)
        for (let i = start; i < end; i++) pushTo(running, to?.[i] ?? i, numbers[i] ?? NaN);
    }
    finishReduction(running);
  };
}

function elementwise(op: ElementwiseName, index: number, memory: NumberMemory): Task | undefined {
  const meaning = elementwiseMeaning(op);
  const values = memory.numbersAt(index);
  const [a, b = a, c = a] = nodeAt(memory, index).inputs.map((input) => ({
    numbers: memory.numbersAt(input),
    at: spread(input, index, memory),
  }));
  if (a === undefined || b === undefined || c === undefined) return undefined;
  return () => {
    for (let i = 0; i < values.length; i++) {
      values[i] = meaning(
        a.numbers[a.at?.[i] ?? i] ?? NaN,
        b.numbers[b.at?.[i] ?? i] ?? NaN,
        c.numbers[c.at?.[i] ?? i] ?? NaN,
      );
    }
  };
}

/** For each number of one node, which number of another one is broadcast to it; undefined where it is the one at the same place. */
function spread(from: number, to: number, memory: NumberMemory): Uint32Array | undefined {
  const [narrow, wide] = [nodeAt(memory, from), nodeAt(memory, to)];
  if (narrow.kind === wide.kind) return undefined;
  const places = new Uint32Array(memory.numbersAt(to).length);
  for (const leaf of memory.layoutOf(wide.group).leaves) {
    const { start, end } = numbersOfLeaf(wide, leaf);
    const first = numbersOfLeaf(narrow, leaf).start;
    const count = narrow.kind === 'unit' ? leaf.units : 1;
    for (let i = start; i < end; i++) places[i] = first + ((i - start) % count);
  }
  return places;
}

/** Writes the numbers of a node to an array of each leaf, or of none. */
export function compileStore(
  { node: index }: { readonly node: number },
  memory: NumberMemory,
  arrayAt: (leaf: number) => Float32Array | undefined,
): Task {
  const values = memory.numbersAt(index);
  const node = nodeAt(memory, index);
  const places = placesIn(node, memory, arrayAt);
  return () => {
    for (const { array, start, end } of places) {
      const length = Math.min(end - start, array.length);
      for (let i = 0; i < length; i++) array[i] = values[start + i] ?? NaN;
    }
  };
}

/** Writes the numbers of the new state, once the step is over, so that it reads the old ones to its end. */
export function compileCommits(memory: NumberMemory): readonly Task[] {
  return memory.program.slots
    .filter(({ node }) => nodeAt(memory, node).kind !== 'leaf')
    .map((output) =>
      compileStore(output, memory, (leaf) => memory.arrayAt({ op: 'slot', slot: output.slot }, leaf)),
    );
}

/** Reads what a program reports, from its numbers at the time of the call. */
export function compileReports(memory: NumberMemory): ReadReports {
  const read = ({ node: index }: Output): (() => (readonly [leaf: number, value: number])[]) => {
    const node = nodeAt(memory, index);
    const values = memory.numbersAt(index);
    const places = memory
      .layoutOf(node.group)
      .leaves.map((leaf) => ({ leaf: leaf.leaf, at: numbersOfLeaf(node, leaf).start }));
    return () => places.map(({ leaf, at }) => [leaf, values[at] ?? NaN]);
  };
  const reports = memory.program.reports.map(({ name, outputs }) => ({ name, entries: outputs.map(read) }));
  return () =>
    new Map(reports.map(({ name, entries }) => [name, new Map(entries.flatMap((entry) => entry()))]));
}

/** The arrays of the leaves of a node's group, and where their numbers are in the node. */
function placesIn(
  node: ProgramNode,
  { layoutOf }: NumberMemory,
  arrayAt: (leaf: number) => Float32Array | undefined,
): { array: Float32Array; start: number; end: number }[] {
  return layoutOf(node.group).leaves.flatMap((leaf) => {
    const array = arrayAt(leaf.leaf);
    return array === undefined ? [] : [{ array, ...numbersOfLeaf(node, leaf) }];
  });
}

function nodeAt({ program }: NumberMemory, index: number): ProgramNode {
  const node = program.nodes[index];
  if (node === undefined) throw new RangeError(`No node ${index}`);
  return node;
}
