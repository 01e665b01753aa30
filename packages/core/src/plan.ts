import { isReduction } from './operation.ts';
import type { Output, Program, ProgramNode } from './program.ts';

/** One group's part of a pass: a loop over the entries of its leaves. */
export interface Sweep {
  readonly group: number;
  /** The nodes that are computed for each entry, in order. Values of earlier passes are computed again, not stored. */
  readonly nodes: readonly number[];
  /** The reductions that this sweep feeds, by node, with the node that they take. */
  readonly reductions: readonly { readonly reduction: number; readonly input: number }[];
  /** The arrays that are written, in the last pass only. */
  readonly writes: readonly Write[];
}

/** Where an entry goes. */
export type Write =
  | { readonly to: 'parameter'; readonly node: number }
  | { readonly to: 'update'; readonly node: number }
  | { readonly to: 'slot'; readonly slot: string; readonly node: number };

/** One sweep over memory. */
export interface Pass {
  /** Numbers for all leaves, one leaf or one unit that are computed before the sweep, in order. */
  readonly before: readonly number[];
  readonly sweeps: readonly Sweep[];
}

/**
 * A program in as few sweeps over memory as it can be done in. A new pass starts only where an entry needs the result of a
 * reduction over entries; a reduction that no entry waits for runs in the last pass, which reads everything anyway. Parameters
 * and state arrays are written in the last pass only, and numbers (`after`) are committed once it is over, so nothing can
 * read a half-written step.
 */
export interface Plan {
  readonly program: Program;
  readonly passes: readonly Pass[];
  /** Numbers that are computed when the last pass is over: state, reports. */
  readonly after: readonly number[];
}

const plans = new WeakMap<Program, Plan>();

/** Plans a program; the same one has one plan, so that an engine that keeps what it made of a plan makes it once. */
export function planProgram(program: Program): Plan {
  const plan = plans.get(program) ?? makePlan(program);
  plans.set(program, plan);
  return plan;
}

function makePlan(program: Program): Plan {
  const { nodes } = program;
  const schedule = scheduleNodes(nodes);
  const arrays = arrayOutputs(program);
  const rootLevels = arrays.map(({ write }) => schedule.level[write.node] ?? 0);
  const sweepLevels = nodes.flatMap((node, index) =>
    isSweptReduction(nodes, node) ? [sweepOf(nodes, schedule, index)] : [],
  );
  const isEmpty = rootLevels.length === 0 && sweepLevels.length === 0;
  const last = Math.max(0, ...rootLevels, ...sweepLevels);
  const passOf = nodes.map((node, index) => {
    if (!isSweptReduction(nodes, node)) return -1;
    return schedule.awaited.has(index) ? sweepOf(nodes, schedule, index) : last;
  });

  const done = new Set<number>();
  const passes: Pass[] = [];
  const passCount = isEmpty ? 0 : last + 1;
  for (let pass = 0; pass < passCount; pass++) {
    const sweeps = program.groups.map((_, group) => {
      const reductions = reductionsOf(nodes, { passOf, pass, group });
      const writes =
        pass === last ? arrays.filter((output) => output.group === group).map(({ write }) => write) : [];
      const roots = [...reductions.map(({ input }) => input), ...writes.map(({ node }) => node)];
      return { group, reductions, writes, nodes: closureOf(nodes, roots) };
    });
    const needed = sweeps.flatMap((sweep) => sweep.nodes.flatMap((node) => nodes[node]?.inputs ?? []));
    const before = smallClosureOf(nodes, needed, done);
    for (const node of before) done.add(node);
    passes.push({ before, sweeps: sweeps.filter(({ nodes: used }) => used.length > 0) });
  }
  return { program, passes, after: smallClosureOf(nodes, numberOutputs(program), done) };
}

/** Whether a node has one value for each entry of a leaf, as opposed to one for all, a leaf or a unit. */
export function isArrayNode(node: ProgramNode | undefined): boolean {
  return node?.kind === 'leaf';
}

/** Whether a node is a reduction over the entries of leaves, which takes a sweep, and not over a few numbers. */
function isSweptReduction(nodes: readonly ProgramNode[], node: ProgramNode): boolean {
  return isReduction(node.operation) && node.inputs.some((input) => isArrayNode(nodes[input]));
}

interface Levels {
  /** The first pass in which a node can be computed. */
  readonly level: readonly number[];
  /** The reductions that some entry waits for. */
  readonly awaited: ReadonlySet<number>;
}

function scheduleNodes(nodes: readonly ProgramNode[]): Levels {
  const level: number[] = [];
  for (const node of nodes) {
    const inputs = Math.max(0, ...node.inputs.map((input) => level[input] ?? 0));
    level.push(isSweptReduction(nodes, node) ? inputs + 1 : inputs);
  }
  const awaited = new Set<number>();
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index];
    if (node === undefined) continue;
    const waits = isArrayNode(node) || awaited.has(index);
    if (!waits) continue;
    for (const input of node.inputs) if (!isArrayNode(nodes[input])) awaited.add(input);
  }
  return { level, awaited };
}

function sweepOf(nodes: readonly ProgramNode[], { level }: Levels, reduction: number): number {
  return Math.max(0, ...(nodes[reduction]?.inputs ?? []).map((input) => level[input] ?? 0));
}

function reductionsOf(
  nodes: readonly ProgramNode[],
  at: { passOf: readonly number[]; pass: number; group: number },
): { reduction: number; input: number }[] {
  return nodes.flatMap((node, reduction) => {
    if (at.passOf[reduction] !== at.pass) return [];
    return node.inputs
      .filter((input) => nodes[input]?.group === at.group)
      .map((input) => ({ reduction, input }));
  });
}

function closureOf(nodes: readonly ProgramNode[], roots: readonly number[]): number[] {
  return closure(roots, (index) => (isArrayNode(nodes[index]) ? (nodes[index]?.inputs ?? []) : [])).filter(
    (index) => isArrayNode(nodes[index]),
  );
}

/** The numbers that have to be computed for some others, without the reductions that a sweep computes. */
function smallClosureOf(
  nodes: readonly ProgramNode[],
  roots: readonly number[],
  done: ReadonlySet<number>,
): number[] {
  const isSwept = (index: number): boolean => {
    const node = nodes[index];
    return node === undefined || isSweptReduction(nodes, node);
  };
  const needed = closure(roots, (index) =>
    isArrayNode(nodes[index]) || isSwept(index) ? [] : (nodes[index]?.inputs ?? []),
  );
  return needed.filter((index) => !isArrayNode(nodes[index]) && !isSwept(index) && !done.has(index));
}

function closure(roots: readonly number[], inputsOf: (index: number) => readonly number[]): number[] {
  const found = new Set<number>();
  const stack = [...roots];
  for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
    if (found.has(index)) continue;
    found.add(index);
    stack.push(...inputsOf(index));
  }
  return [...found].toSorted((a, b) => a - b);
}

function arrayOutputs(program: Program): { group: number; write: Write }[] {
  const slots = program.slots.filter(({ node }) => isArrayNode(program.nodes[node]));
  const toWrite = (to: 'parameter' | 'update') => (output: Output) => ({
    group: output.group,
    write: { to, node: output.node },
  });
  return [
    ...program.updates.map(toWrite('update')),
    ...slots.map(({ group, node, slot }) => ({ group, write: { to: 'slot' as const, slot, node } })),
    ...program.parameters.map(toWrite('parameter')),
  ];
}

function numberOutputs(program: Program): number[] {
  const outputs = [
    ...program.slots,
    ...program.holds,
    ...program.reports.flatMap((report) => report.outputs),
  ];
  return outputs.map(({ node }) => node).filter((node) => !isArrayNode(program.nodes[node]));
}
