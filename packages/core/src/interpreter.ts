import {
  accumulatorFor,
  elementwiseMeaning,
  isReduction,
  type Accumulator,
  type Operation,
} from './operation.ts';
import { isArrayNode, type Plan, type Sweep } from './plan.ts';
import { sizeInLeaf, sizeOfShape, unitCount, type Program, type ProgramNode } from './program.ts';
import { noGroup, type Kind } from './symbolicTensor.ts';

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

/** What a program hands over beside what it writes to memory. */
export interface Results {
  readonly reports: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** For each leaf that can be held on data: whether it is. */
  readonly holds: ReadonlyMap<number, boolean>;
}

/** A value of a node in one leaf (or, under `noGroup`, for all): as many float32 numbers as its kind has there. */
type Values = Map<number, Float32Array>;

/**
 * Runs a program operation by operation, each over all of its leaves, and writes the results when all are known. This is the
 * definition of what a program means: float32 after every operation, sums and norms in float64, nothing clever.
 */
export function interpretProgram(
  program: Program,
  memory: Memory,
  scalars: ReadonlyMap<string, number>,
): Results {
  const values: Values[] = [];
  for (const node of program.nodes) {
    const value: Values = new Map();
    for (const leaf of leavesOfNode(program, node)) {
      value.set(leaf, evaluateNode(node, whole(program, node, leaf), { program, memory, scalars, values }));
    }
    values.push(value);
  }
  for (const { to, node } of arrayWrites(program)) {
    for (const [leaf, array] of values[node] ?? []) targetOf(memory, to, leaf)?.set(array);
  }
  return finish(program, memory, values);
}

/**
 * Runs a program pass by pass, a block of entries at a time, writing in place: what an engine does, in JavaScript. The results
 * are those of {@link interpretProgram}, bit for bit.
 */
export function interpretPlan(
  plan: Plan,
  memory: Memory,
  scalars: ReadonlyMap<string, number>,
  { blockSize = 256 }: { blockSize?: number } = {},
): Results {
  const { program } = plan;
  const values: Values[] = program.nodes.map(() => new Map());
  const environment: Environment = { program, memory, scalars, values };
  const evaluateSmall = (indices: readonly number[]): void => {
    for (const index of indices) {
      const node = program.nodes[index];
      if (node === undefined) continue;
      for (const leaf of leavesOfNode(program, node)) {
        values[index]?.set(leaf, evaluateNode(node, whole(program, node, leaf), environment));
      }
    }
  };
  for (const pass of plan.passes) {
    evaluateSmall(pass.before);
    const running = new Map<string, Accumulator>();
    for (const sweep of pass.sweeps)
      for (const leaf of program.groups[sweep.group] ?? []) sweepLeaf(sweep, leaf);
    for (const { reduction } of pass.sweeps.flatMap(({ reductions }) => reductions))
      storeReduction(reduction, running);

    function sweepLeaf(sweep: Sweep, leaf: number): void {
      const size = sizeOfShape(program.leaves[leaf]?.shape ?? []);
      for (const { reduction } of sweep.reductions) openReduction(reduction, leaf, running);
      for (let start = 0; start < size; start += blockSize) {
        const region = { leaf, start, length: Math.min(blockSize, size - start), kind: 'leaf' } as const;
        for (const index of sweep.nodes) {
          const node = program.nodes[index];
          if (node !== undefined)
            values[index]?.set(leaf, evaluateNode(node, region, { ...environment, blockStart: start }));
        }
        for (const { reduction, input } of sweep.reductions)
          feedReduction({ reduction, input, leaf, start }, running);
        for (const write of sweep.writes) {
          const block = values[write.node]?.get(leaf);
          const target = targetOf(memory, write.to === 'slot' ? write.slot : writeTargets[write.to], leaf);
          if (block !== undefined) target?.set(block, start);
        }
      }
    }
  }
  evaluateSmall(plan.after);
  return finish(program, memory, values);

  function unitsOf(operation: Operation, leaf: number): number {
    const over = 'over' in operation ? operation.over : 'leaf';
    return over === 'unit' ? unitCount(program.leaves[leaf]?.shape ?? []) : 1;
  }

  function accumulatorKey(reduction: number, leaf: number, unit: number): string {
    const operation = program.nodes[reduction]?.operation;
    const isOverAll = operation !== undefined && 'over' in operation && operation.over === 'leaves';
    return `${reduction} ${isOverAll ? noGroup : leaf} ${unit}`;
  }

  function openReduction(reduction: number, leaf: number, running: Map<string, Accumulator>): void {
    const operation = program.nodes[reduction]?.operation;
    if (operation === undefined || !isReduction(operation)) return;
    for (let unit = 0; unit < unitsOf(operation, leaf); unit++) {
      const key = accumulatorKey(reduction, leaf, unit);
      if (!running.has(key)) running.set(key, accumulatorFor(operation));
    }
  }

  function feedReduction(
    at: { reduction: number; input: number; leaf: number; start: number },
    running: Map<string, Accumulator>,
  ): void {
    const operation = program.nodes[at.reduction]?.operation;
    if (operation === undefined) return;
    const units = unitsOf(operation, at.leaf);
    const accumulators = Array.from({ length: units }, (_, unit) =>
      running.get(accumulatorKey(at.reduction, at.leaf, unit)),
    );
    values[at.input]
      ?.get(at.leaf)
      ?.forEach((value, index) => accumulators[(at.start + index) % units]?.push(value));
  }

  function storeReduction(reduction: number, running: Map<string, Accumulator>): void {
    const node = program.nodes[reduction];
    if (node === undefined || !isReduction(node.operation)) return;
    for (const leaf of leavesOfNode(program, node)) {
      const result = new Float32Array(unitsOf(node.operation, leaf));
      for (let unit = 0; unit < result.length; unit++) {
        const accumulator =
          running.get(accumulatorKey(reduction, leaf, unit)) ?? accumulatorFor(node.operation);
        result[unit] = accumulator.result();
      }
      values[reduction]?.set(leaf, result);
    }
  }
}

const writeTargets = { parameter: 0, update: 1 } as const;

type WriteTarget = string | (typeof writeTargets)[keyof typeof writeTargets];

interface Environment {
  readonly program: Program;
  readonly memory: Memory;
  readonly scalars: ReadonlyMap<string, number>;
  readonly values: readonly Values[];
  /** Where the values of array nodes begin in their leaf; 0 when they are whole. */
  readonly blockStart?: number;
}

interface Region {
  readonly leaf: number;
  readonly kind: Kind;
  readonly start: number;
  readonly length: number;
}

function whole(program: Program, node: ProgramNode, leaf: number): Region {
  const length = leaf === noGroup ? node.length : sizeInLeaf(node.kind, program.leaves[leaf]?.shape ?? []);
  return { leaf, kind: node.kind, start: 0, length };
}

/** The leaves in which a node has values; `noGroup` alone for a scalar or a vector. */
function leavesOfNode(program: Program, node: ProgramNode): readonly number[] {
  return node.group === noGroup ? [noGroup] : (program.groups[node.group] ?? []);
}

function evaluateNode(node: ProgramNode, region: Region, environment: Environment): Float32Array {
  const { memory, program, scalars } = environment;
  const { operation } = node;
  const { leaf, start, length } = region;
  switch (operation.op) {
    case 'constant':
      return new Float32Array(length).fill(operation.value);
    case 'parameter':
      return memory.parameters[leaf]?.slice(start, start + length) ?? new Float32Array(length);
    case 'gradient':
      return memory.gradients[leaf]?.slice(start, start + length) ?? new Float32Array(length);
    case 'slot':
      return (
        memory.slots
          .get(operation.slot)
          ?.get(leaf)
          ?.slice(start, start + length) ?? new Float32Array(length)
      );
    case 'scalarInput':
      return Float32Array.of(scalars.get(operation.name) ?? NaN);
    case 'size': {
      const shape = program.leaves[leaf]?.shape ?? [];
      const entries = sizeOfShape(shape);
      return new Float32Array(length).fill(operation.over === 'leaf' ? entries : entries / unitCount(shape));
    }
    case 'push': {
      const history = operandOf(node.inputs[0], region, environment);
      const value = operandOf(node.inputs[1], { ...region, kind: 'scalar', length: 1 }, environment);
      return Float32Array.of(...history.subarray(1), value[0] ?? NaN);
    }
    default:
      return isReduction(operation)
        ? reduceWhole(operation, node, region, environment)
        : elementwise(operation, node, region, environment);
  }
}

function elementwise(
  operation: Operation,
  node: ProgramNode,
  region: Region,
  environment: Environment,
): Float32Array {
  const out = new Float32Array(region.length);
  const meaning = elementwiseMeaning(operation.op);
  if (meaning === undefined) return out;
  const [a = out, b = out, c = out] = node.inputs.map((input) => operandOf(input, region, environment));
  return out.map((_, index) => meaning(a[index] ?? NaN, b[index] ?? NaN, c[index] ?? NaN));
}

/** The values of an input where a region of another kind needs them: repeated as broadcasting says. */
function operandOf(input: number | undefined, region: Region, environment: Environment): Float32Array {
  const { program, values, blockStart = 0 } = environment;
  const node = input === undefined ? undefined : program.nodes[input];
  if (input === undefined || node === undefined) return new Float32Array(region.length);
  const value = values[input]?.get(node.group === noGroup ? noGroup : region.leaf) ?? new Float32Array(0);
  if (node.kind === region.kind) return value;
  const start = region.kind === 'leaf' ? Math.max(region.start, blockStart) : region.start;
  const period = value.length === 0 ? 1 : value.length;
  return Float32Array.from({ length: region.length }, (_, index) => value[(start + index) % period] ?? NaN);
}

function reduceWhole(
  operation: Parameters<typeof accumulatorFor>[0],
  node: ProgramNode,
  region: Region,
  { values }: Environment,
): Float32Array {
  const accumulators = Array.from({ length: region.length }, () => accumulatorFor(operation));
  const isOverAll = operation.over === 'leaves' || operation.over === 'vector';
  for (const input of node.inputs) {
    const ordered = isOverAll ? Array.from(values[input]?.values() ?? []) : [values[input]?.get(region.leaf)];
    for (const array of ordered)
      array?.forEach((value, index) => accumulators[index % accumulators.length]?.push(value));
  }
  return Float32Array.from(accumulators, (accumulator) => accumulator.result());
}

function arrayWrites(program: Program): { to: WriteTarget; node: number }[] {
  return [
    ...program.updates.map(({ node }) => ({ to: writeTargets.update, node })),
    ...program.slots
      .filter(({ node }) => isArrayNode(program.nodes[node]))
      .map(({ slot, node }) => ({ to: slot, node })),
    ...program.parameters.map(({ node }) => ({ to: writeTargets.parameter, node })),
  ];
}

function targetOf(memory: Memory, to: WriteTarget, leaf: number): Float32Array | undefined {
  if (to === writeTargets.parameter) return memory.parameters[leaf];
  if (to === writeTargets.update) return memory.updates[leaf];
  return memory.slots.get(to)?.get(leaf);
}

function finish(program: Program, memory: Memory, values: readonly Values[]): Results {
  for (const { slot, node } of program.slots) {
    if (isArrayNode(program.nodes[node])) continue;
    for (const [leaf, array] of values[node] ?? []) memory.slots.get(slot)?.get(leaf)?.set(array);
  }
  const reports = new Map<string, ReadonlyMap<number, number>>();
  for (const { name, outputs } of program.reports) {
    const entries = outputs.flatMap(({ node }) =>
      Array.from(values[node] ?? [], ([leaf, array]): [number, number] => [leaf, array[0] ?? NaN]),
    );
    reports.set(name, new Map(entries));
  }
  const holds = new Map<number, boolean>();
  for (const { node } of program.holds)
    for (const [leaf, array] of values[node] ?? []) holds.set(leaf, array[0] !== 0);
  return { reports, holds };
}
