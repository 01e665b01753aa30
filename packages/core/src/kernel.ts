import { isElementwise, type ElementwiseName, type Operation } from './operation.ts';
import type { Pass, Plan, Sweep, Write } from './plan.ts';
import type { Program } from './program.ts';
import { noGroup, type Kind } from './symbolicTensor.ts';

/**
 * What an engine has to do for each entry of a group's leaves in one pass, or for each of some other numbers (`over`): load, compute, feed reductions, store. Values go by the numbers of the
 * program's nodes; everything that a value needs stands before it. Stores come after all else of an entry, so a value that is loaded is the
 * old one whatever is stored at the same place.
 */
export interface Kernel {
  /** What it goes over: the entries of leaves, or numbers of another kind. */
  readonly over: Kind;
  readonly group: number;
  readonly loads: readonly Load[];
  readonly body: readonly Computation[];
  /** The values that reductions take, by the reduction's node. */
  readonly feeds: readonly { readonly reduction: number; readonly value: number }[];
  readonly stores: readonly Store[];
}

/** A value that is there already, and how often it is loaded: once a step, for each leaf, for each unit or for each entry. */
export interface Load {
  readonly value: number;
  readonly per: 'step' | 'leaf' | 'unit' | 'entry';
  /** The memory that it is loaded from, the numbers of its own node, or what it always is. */
  readonly from: Source;
}

type Source =
  | Extract<Operation, { op: 'parameter' | 'gradient' | 'slot' | 'constant' }>
  | { readonly op: 'numbers' };

/** Where a value goes: to memory, or to the numbers of its own node. */
export type Store = Write | { readonly to: 'numbers'; readonly node: number };

/** An elementwise operation of an entry. */
export interface Computation {
  readonly value: number;
  readonly operation: ElementwiseName;
  readonly operands: readonly number[];
}

/** A pass: numbers that come before it, a kernel for each group, and the reductions whose results are known when all are over. */
export interface KernelPass {
  readonly numbersBefore: readonly number[];
  readonly kernels: readonly Kernel[];
  readonly reductions: readonly number[];
}

/** A plan as an engine works through it. When the last pass is over, the numbers after it are computed and then the state's numbers are committed. */
export interface Kernels {
  readonly program: Program;
  readonly passes: readonly KernelPass[];
  readonly numbersAfter: readonly number[];
}

/** Lowers a plan to kernels. */
export function lowerPlan({ program, passes, after }: Plan): Kernels {
  return { program, passes: passes.map((pass) => lowerPass(program, pass)), numbersAfter: after };
}

function lowerPass(program: Program, { before, sweeps }: Pass): KernelPass {
  const fed = new Set(sweeps.flatMap(({ reductions }) => reductions.map(({ reduction }) => reduction)));
  return {
    numbersBefore: before,
    kernels: sweeps.map((sweep) => lowerSweep(program, sweep)),
    reductions: [...fed],
  };
}

const perKind = { scalar: 'step', vector: 'step', leafScalar: 'leaf', unit: 'unit', leaf: 'entry' } as const;

function lowerSweep(program: Program, { group, nodes: swept, reductions, writes }: Sweep): Kernel {
  const { nodes } = program;
  /** The value that a node stands for: a broadcast is what it broadcasts. */
  const valueOf = (index: number): number => {
    const node = nodes[index];
    return node?.operation.op === 'broadcast' ? valueOf(node.inputs[0] ?? noGroup) : index;
  };
  const isComputed = (index: number): boolean => {
    const op = nodes[index]?.operation.op ?? 'constant';
    return op !== 'broadcast' && isElementwise(op);
  };
  const body = swept.filter(isComputed).map((value) => computationOf(program, value, valueOf));
  const feeds = reductions.map(({ reduction, input }) => ({ reduction, value: valueOf(input) }));
  const stores = writes.map((write) => ({ ...write, node: valueOf(write.node) }));
  return {
    over: 'leaf',
    group,
    loads: loadsOf(program, { over: 'leaf', body, feeds, stores }),
    body,
    feeds,
    stores,
  };
}

/**
 * Lowers numbers that are computed one after the other to few kernels, each of elementwise operations on numbers of one kind and one group; what
 * is no such operation stays the number of its node.
 */
export function lowerNumbers(program: Program, indices: readonly number[]): (Kernel | number)[] {
  return splitRuns(program, indices).flatMap((run): (Kernel | number)[] => {
    const [first = noGroup] = run;
    const { kind: over, group, operation } = program.nodes[first] ?? {};
    if (over === undefined || group === undefined || !isElementwise(operation?.op ?? 'constant')) return run;
    const body = run.map((value) => computationOf(program, value, (index) => index));
    const stores = run.map((node): Store => ({ to: 'numbers', node }));
    const loads = loadsOf(program, { over, body, feeds: [], stores });
    return [{ over, group, loads, body, feeds: [], stores }];
  });
}

function computationOf({ nodes }: Program, value: number, valueOf: (index: number) => number): Computation {
  const { operation, inputs = [] } = nodes[value] ?? {};
  const op = operation?.op ?? 'constant';
  if (!isElementwise(op)) throw new RangeError(`Node ${value} is no elementwise operation`);
  return { value, operation: op, operands: inputs.map(valueOf) };
}

/** What a kernel needs that it does not compute, in the order in which it is first needed. */
function loadsOf(
  { nodes }: Program,
  { over, body, feeds, stores }: Omit<Kernel, 'loads' | 'group'>,
): readonly Load[] {
  const computed = new Set(body.map(({ value }) => value));
  const needed = [
    ...body.flatMap(({ operands }) => operands),
    ...feeds.map(({ value }) => value),
    ...stores.map(({ node }) => node),
  ];
  return Array.from(new Set(needed))
    .filter((value) => !computed.has(value))
    .flatMap((value): Load[] => {
      const node = nodes[value];
      if (node === undefined) return [];
      const { operation, kind } = node;
      if (operation.op === 'constant') return [{ value, per: 'step', from: operation }];
      const per = kind === over ? 'entry' : perKind[kind];
      if (kind !== 'leaf') return [{ value, per, from: { op: 'numbers' } }];
      const { op } = operation;
      return op === 'parameter' || op === 'gradient' || op === 'slot'
        ? [{ value, per, from: operation }]
        : [];
    });
}

/** Splits nodes into few runs that can be computed one after the other: elementwise operations of one kind and one group, or anything else. */
function splitRuns({ nodes }: Program, indices: readonly number[]): number[][] {
  const keyOf = (index: number): string => {
    const { kind, group, length, operation } = nodes[index] ?? {};
    return isElementwise(operation?.op ?? 'constant') ? `${kind} ${group} ${length}` : 'other';
  };
  const runs: number[][] = [];
  const rest = new Set(indices);
  for (const first of rest) {
    const run: number[] = [];
    runs.push(run);
    for (const index of rest) {
      const isReady = (nodes[index]?.inputs ?? []).every((input) => !rest.has(input));
      if (!isReady || keyOf(index) !== keyOf(first)) continue;
      run.push(index);
      rest.delete(index);
    }
  }
  return runs;
}
