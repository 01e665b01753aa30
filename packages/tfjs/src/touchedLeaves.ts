import type { Output, Plan, Program } from '@gradkit/core';

/** The leaves whose parameters a plan reads or writes, and those whose updates it hands over. */
export interface TouchedLeaves {
  readonly read: readonly number[];
  readonly written: readonly number[];
  readonly handedOver: readonly number[];
}

const known = new WeakMap<Plan, TouchedLeaves>();

/** What a plan does to its leaves. Found once for each plan. */
export function touchedLeaves(plan: Plan): TouchedLeaves {
  const found = known.get(plan) ?? findTouched(plan.program);
  known.set(plan, found);
  return found;
}

function findTouched(program: Program): TouchedLeaves {
  const written = leavesOf(program, program.parameters);
  const readers = program.nodes.filter(({ operation }) => operation.op === 'parameter');
  return {
    written,
    read: Array.from(new Set([...written, ...leavesOf(program, readers)])),
    handedOver: leavesOf(program, program.updates),
  };
}

function leavesOf({ groups }: Program, outputs: readonly Pick<Output, 'group'>[]): number[] {
  return outputs.flatMap(({ group }) => groups[group] ?? []);
}
