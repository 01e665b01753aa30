import type { Plan } from '@gradkit/core';
import { combineFunction } from './combineFunction.ts';
import { frameLayout, reductionOf, type FrameLayout } from './frameLayout.ts';
import { numbersFunction } from './numbersFunction.ts';
import { sweepFunction } from './sweepFunction.ts';
import { transcendentalFunctions } from './transcendentalCode.ts';
import { writeModule } from './writeModule.ts';

/** A plan as a WebAssembly module: for each pass `before`, a sweep for each group, and `combine`; and `after` at the end. */
export interface CompiledPlan {
  readonly module: WebAssembly.Module;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly layout: FrameLayout;
  readonly passes: readonly CompiledPass[];
}

/** The sweeps of a pass, by group. */
export interface CompiledPass {
  readonly hasReductions: boolean;
  readonly sweeps: readonly {
    readonly group: number;
    readonly readsGradients: boolean;
    /** Whether a leaf's chunks must be gone through in order, because they share accumulators. */
    readonly isOrdered: boolean;
  }[];
}

/** The names of a module's functions. */
export const functionName = {
  before: (pass: number): string => `before ${pass}`,
  sweep: (pass: number, group: number): string => `sweep ${pass} ${group}`,
  combine: (pass: number): string => `combine ${pass}`,
  after: 'after',
} as const;

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
  const functions = plan.passes.flatMap((pass, index) => {
    const starts = pass.sweeps.flatMap(({ reductions }) =>
      reductions
        .map(({ reduction }) => reduction)
        .filter((reduction) => reductionOf(nodes[reduction])?.over === 'unit'),
    );
    return [
      numbersFunction(plan, pass.before, { layout, name: functionName.before(index), starts }),
      ...pass.sweeps.map((sweep) =>
        sweepFunction(plan, sweep, { layout, name: functionName.sweep(index, sweep.group) }),
      ),
      combineFunction(plan, pass, { layout, name: functionName.combine(index) }),
    ];
  });
  const after = numbersFunction(plan, plan.after, { layout, name: functionName.after, commit: true });
  const bytes = writeModule([...transcendentalFunctions(), ...functions, after], { isShared });
  const passes = plan.passes.map(({ sweeps }): CompiledPass => ({
    hasReductions: sweeps.some(({ reductions }) => reductions.length > 0),
    sweeps: sweeps.map(({ group, nodes: used, reductions }) => ({
      group,
      readsGradients: used.some((index) => nodes[index]?.operation.op === 'gradient'),
      isOrdered: reductions.some(({ reduction }) => reductionOf(nodes[reduction])?.over === 'unit'),
    })),
  }));
  return { module: new WebAssembly.Module(bytes), bytes, layout, passes };
}

/** Everything of a plan that its module depends on. */
function structureOf({ program, passes, after }: Plan): string {
  const { nodes, slotSpecs, slots, parameters, updates, groups } = program;
  const kinds = slotSpecs.map(({ name, kind, length }) => ({ name, kind, length }));
  return JSON.stringify(
    { nodes, kinds, slots, parameters, updates, groups: groups.length, passes, after },
    (_, value: unknown) =>
      typeof value === 'number' && !isPlain(value) ? `number ${describe(value)}` : value,
  );
}

/** Whether JSON keeps a number apart from others. */
function isPlain(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function describe(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
