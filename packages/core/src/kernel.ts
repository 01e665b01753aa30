import { isElementwise, type ElementwiseName } from './operation.ts';
import type { Pass, Plan, Sweep, Write } from './plan.ts';
import type { Program } from './program.ts';
import { noGroup } from './symbolicTensor.ts';

/**
 * What an engine has to do for one group in one pass, entry by entry: load, compute, feed reductions, store. Values go by the numbers of the
 * program's nodes; everything that a value needs stands before it. Stores come after all else of an entry, so a value that is loaded is the
 * old one whatever is stored at the same place.
 */
export interface Kernel {
  readonly group: number;
  readonly loads: readonly Load[];
  readonly body: readonly Computation[];
  /** The values that reductions take, by the reduction's node. */
  readonly feeds: readonly { readonly reduction: number; readonly value: number }[];
  readonly stores: readonly Write[];
}

/** A value that is there already, and how often it is loaded: once a step, for each leaf, for each unit or for each entry. */
export interface Load {
  readonly value: number;
  readonly per: 'step' | 'leaf' | 'unit' | 'entry';
  /** The memory that an entry is loaded from; a number is loaded from the numbers of its node. */
  readonly from: 'parameter' | 'gradient' | 'numbers' | { readonly slot: string };
}

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

function lowerSweep({ nodes }: Program, { group, nodes: swept, reductions, writes }: Sweep): Kernel {
  const loads = new Map<number, Load>();
  const body: Computation[] = [];

  /** The value that a node stands for: a broadcast is what it broadcasts. */
  const valueOf = (index: number): number => {
    const node = nodes[index];
    if (node?.operation.op === 'broadcast') return valueOf(node.inputs[0] ?? noGroup);
    if (node !== undefined && node.kind !== 'leaf')
      loads.set(index, { value: index, per: perKind[node.kind], from: 'numbers' });
    return index;
  };

  for (const value of swept) {
    const operation = nodes[value]?.operation;
    if (operation === undefined || operation.op === 'broadcast') continue;
    if (operation.op === 'parameter' || operation.op === 'gradient')
      loads.set(value, { value, per: 'entry', from: operation.op });
    else if (operation.op === 'slot')
      loads.set(value, { value, per: 'entry', from: { slot: operation.slot } });
    else if (isElementwise(operation.op))
      body.push({ value, operation: operation.op, operands: (nodes[value]?.inputs ?? []).map(valueOf) });
  }
  const feeds = reductions.map(({ reduction, input }) => ({ reduction, value: valueOf(input) }));
  const stores = writes.map((write) => ({ ...write, node: valueOf(write.node) }));
  return { group, loads: [...loads.values()], body, feeds, stores };
}
