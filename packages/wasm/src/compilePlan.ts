import { lowerNumbers, lowerPlan, type Plan, type ProgramNode } from '@gradkit/core';
import { frameLayout, type FrameLayout } from './frameLayout.ts';
import { reductionCode, reductionOf } from './reductionCode.ts';
import { isFunctionName } from './operationCode.ts';
import { sweepFunction } from './sweepFunction.ts';
import { transcendentalFunctions } from './transcendentalCode.ts';
import { writeModule, type WasmFunction } from './writeModule.ts';

/** A plan whose sweeps are a WebAssembly module. */
export interface CompiledPlan {
  readonly module: WebAssembly.Module;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly layout: FrameLayout;
  readonly passes: readonly CompiledPass[];
  /** What is computed when the last pass is over. */
  readonly after: readonly NumberRun[];
}

/** The sweeps of a pass, by group, and what is computed before them. */
export interface CompiledPass {
  readonly before: readonly NumberRun[];
  readonly sweeps: readonly {
    readonly name: string;
    readonly pass: number;
    readonly group: number;
    readonly readsGradients: boolean;
    /** Whether a leaf's chunks must be gone through in order, because they share accumulators. */
    readonly isOrdered: boolean;
  }[];
  /** The reductions that the sweeps feed, by node: over entries of units, and all others. */
  readonly reductions: readonly { readonly reduction: number; readonly isOfUnits: boolean }[];
}

/**
 * Nodes that are no arrays, computed one after the other: by a function of the module, if they are elementwise operations on numbers of one kind,
 * else by JavaScript.
 */
export interface NumberRun {
  readonly nodes: readonly number[];
  /** The function's name. */
  readonly name: string | undefined;
}

const known = new Map<string, CompiledPlan>();
/** More structures than a program has at once; the eldest goes when another one comes. */
const largestCache = 64;

/**
 * Compiles a plan, or finds the module of one that has the same structure: the same operations on the same groups, whatever the leaves.
 */
export function compilePlan(plan: Plan, { isShared }: { isShared: boolean }): CompiledPlan {
  const key = `${isShared ? 'shared' : 'own'} ${structureOf(plan)}`;
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const compiled = compile(plan, isShared);
  const [eldest] = known.keys();
  if (known.size >= largestCache && eldest !== undefined) known.delete(eldest);
  known.set(key, compiled);
  return compiled;
}

function compile(plan: Plan, isShared: boolean): CompiledPlan {
  const { nodes } = plan.program;
  const layout = frameLayout(plan);
  const functions: WasmFunction[] = nodes.some(needsFunctions) ? [...transcendentalFunctions()] : [];
  const numberRuns = (indices: readonly number[], when: string): NumberRun[] =>
    lowerNumbers(plan.program, indices).map((kernel, position): NumberRun => {
      if (typeof kernel === 'number') return { nodes: [kernel], name: undefined };
      const name = `numbers ${when} ${position}`;
      functions.push(sweepFunction(kernel, { nodes, layout, name }));
      return { nodes: kernel.body.map(({ value }) => value), name };
    });
  const { passes: lowered, numbersAfter } = lowerPlan(plan);
  const passes = lowered.map(({ numbersBefore, kernels, reductions }, pass): CompiledPass => {
    const isOverUnits = (reduction: number): boolean => reductionOf(nodes[reduction])?.over === 'unit';
    return {
      before: numberRuns(numbersBefore, String(pass)),
      sweeps: kernels.map((kernel) => {
        const { group } = kernel;
        const name = `sweep ${pass} ${group}`;
        functions.push(sweepFunction(kernel, { nodes, layout, name }));
        return {
          name,
          pass,
          group,
          readsGradients: kernel.loads.some(({ from }) => from.op === 'gradient'),
          isOrdered: kernel.feeds.some(({ reduction }) => isOverUnits(reduction)),
        };
      }),
      reductions: reductions.map((reduction) => ({ reduction, isOfUnits: isOverUnits(reduction) })),
    };
  });
  const after = numberRuns(numbersAfter, 'after');
  const bytes = writeModule(functions, { isShared });
  return { module: new WebAssembly.Module(bytes), bytes, layout, passes, after };
}

function needsFunctions(node: ProgramNode): boolean {
  const reduction = reductionOf(node);
  return (
    isFunctionName(node.operation.op) || (reduction && reductionCode(reduction).kind === 'power') === true
  );
}

/** Everything of a plan that its module depends on. */
function structureOf({ program, passes, after }: Plan): string {
  const { nodes, slotSpecs, slots, parameters, updates, groups } = program;
  const kinds = slotSpecs.map(({ name, kind, length }) => ({ name, kind, length }));
  return JSON.stringify(
    { nodes, kinds, slots, parameters, updates, groups: groups.length, passes, after },
    // JSON does not tell -0 from 0, nor an infinity from NaN.
    (_, value: unknown) => (typeof value === 'number' ? `${Object.is(value, -0) ? '-' : ''}${value}` : value),
  );
}
