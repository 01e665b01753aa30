import {
  accumulatorFor,
  elementwiseMeaning,
  isReduction,
  type Operation,
  type Output,
  type Program,
  type ProgramNode,
  type Results,
} from '@gradkit/core';
import { numbersOfLeaf, type GroupLayout, type Range } from './leafLayout.ts';
import { required } from './required.ts';

/** Something to do once a step. */
export type Task = () => void;

/** Where the numbers of a program are: of all leaves, of each leaf, of each unit, not those of entries. */
export interface NumberMemory {
  readonly program: Program;
  layoutOf(group: number): GroupLayout;
  /** The numbers of a node in its group, leaf after leaf; truth values are 1 and 0. */
  numbersAt(node: number): Float32Array;
  /** An array of the state. */
  slotAt(slot: string, leaf: number): Float32Array | undefined;
  /** The host's numbers at the step that is being taken. */
  scalars(): ReadonlyMap<string, number>;
}

/** What is to be done at each step for some nodes, in order; nothing for a constant. */
export function compileNumbers(indices: readonly number[], memory: NumberMemory): readonly Task[] {
  return indices.flatMap((index) => compileNode(index, memory) ?? []);
}

function compileNode(index: number, memory: NumberMemory): Task | undefined {
  const node = required(memory.program.nodes[index]);
  const { operation, inputs } = node;
  const values = memory.numbersAt(index);
  const { leaves } = memory.layoutOf(node.group);
  switch (operation.op) {
    case 'constant':
      values.fill(operation.value);
      return undefined;
    case 'size':
      for (const leaf of leaves) {
        const { start, end } = numbersOfLeaf(node, leaf);
        values.fill(operation.over === 'leaf' ? leaf.size : leaf.size / leaf.units, start, end);
      }
      return undefined;
    case 'scalarInput': {
      const { name } = operation;
      return () => void (values[0] = memory.scalars().get(name) ?? NaN);
    }
    case 'slot': {
      const places = slotPlaces(operation.slot, node, memory);
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
      return isReduction(operation)
        ? reduceNumbers(operation, index, memory)
        : elementwise(operation, index, memory);
  }
}

/** A reduction of the numbers of all leaves, or of a vector, to one. */
function reduceNumbers(
  operation: Parameters<typeof accumulatorFor>[0],
  index: number,
  memory: NumberMemory,
): Task {
  const values = memory.numbersAt(index);
  const inputs = required(memory.program.nodes[index]).inputs.map((input) => {
    const node = required(memory.program.nodes[input]);
    const ranges = memory.layoutOf(node.group).leaves.map((leaf) => {
      const { start, end } = numbersOfLeaf(node, leaf);
      return { start, end: node.kind === 'unit' ? start + leaf.units : end };
    });
    return { numbers: memory.numbersAt(input), ranges };
  });
  return () => {
    const accumulator = accumulatorFor(operation);
    for (const { numbers, ranges } of inputs) {
      for (const { start, end } of ranges)
        for (let i = start; i < end; i++) accumulator.push(numbers[i] ?? NaN);
    }
    values[0] = accumulator.result();
  };
}

function elementwise({ op }: Operation, index: number, memory: NumberMemory): Task | undefined {
  const meaning = elementwiseMeaning(op);
  // A parameter or a gradient has an entry for each entry of a leaf, and is read by sweeps.
  if (meaning === undefined) return undefined;
  const values = memory.numbersAt(index);
  const operands = required(memory.program.nodes[index]).inputs.map((input) => ({
    numbers: memory.numbersAt(input),
    at: spread(input, index, memory),
  }));
  const [a, b = a, c = a] = operands;
  if (a === undefined || b === undefined || c === undefined) return undefined;
  return () => {
    for (let i = 0; i < values.length; i++) {
      values[i] = meaning(
        a.numbers[a.at[i] ?? 0] ?? NaN,
        b.numbers[b.at[i] ?? 0] ?? NaN,
        c.numbers[c.at[i] ?? 0] ?? NaN,
      );
    }
  };
}

/** For each number of one node, which number of another one it is combined with. */
function spread(from: number, to: number, memory: NumberMemory): Uint32Array {
  const [narrow, wide] = [required(memory.program.nodes[from]), required(memory.program.nodes[to])];
  const places = new Uint32Array(memory.numbersAt(to).length);
  if (narrow.kind === wide.kind) return places.map((_, index) => index);
  for (const leaf of memory.layoutOf(wide.group).leaves) {
    const { start, end } = numbersOfLeaf(wide, leaf);
    places.fill(numbersOfLeaf(narrow, leaf).start, start, end);
  }
  return places;
}

/** Writes the numbers of the new state, once the step is over, so that it reads the old ones to its end. */
export function compileCommits(memory: NumberMemory): readonly Task[] {
  const { slots, nodes } = memory.program;
  return slots.flatMap(({ slot, node: index }) => {
    const node = required(nodes[index]);
    if (node.kind === 'leaf') return [];
    const values = memory.numbersAt(index);
    const places = slotPlaces(slot, node, memory);
    return [
      () => {
        for (const { array, start } of places)
          for (let i = 0; i < array.length; i++) array[i] = values[start + i] ?? NaN;
      },
    ];
  });
}

/** Reads what a program hands over. */
export function compileResults(memory: NumberMemory): () => Results {
  const { program } = memory;
  const placesOf = ({ node: index }: Output): { leaf: number; values: Float32Array; at: number }[] => {
    const node = required(program.nodes[index]);
    const values = memory.numbersAt(index);
    return memory
      .layoutOf(node.group)
      .leaves.map((leaf) => ({ leaf: leaf.leaf, values, at: numbersOfLeaf(node, leaf).start }));
  };
  const reports = program.reports.map(({ name, outputs }) => ({ name, places: outputs.flatMap(placesOf) }));
  const holds = program.holds.flatMap(placesOf);
  return () => ({
    reports: new Map(
      reports.map(({ name, places }) => [
        name,
        new Map(places.map(({ leaf, values, at }) => [leaf, values[at] ?? NaN])),
      ]),
    ),
    holds: new Map(holds.map(({ leaf, values, at }) => [leaf, values[at] !== 0])),
  });
}

/** The arrays of a slot, and where their numbers are in a node. */
function slotPlaces(
  slot: string,
  node: ProgramNode,
  { layoutOf, slotAt }: NumberMemory,
): readonly (Range & { readonly array: Float32Array })[] {
  return layoutOf(node.group).leaves.flatMap((leaf) => {
    const array = slotAt(slot, leaf.leaf);
    return array === undefined ? [] : [{ array, ...numbersOfLeaf(node, leaf) }];
  });
}
