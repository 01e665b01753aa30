import { sizeOfShape, type Plan, type Program, type Sweep } from '@gradkit/core';

/** What one pass moves, in bytes. */
export interface PassBytes {
  readonly read: number;
  readonly written: number;
}

/**
 * The bytes that a plan moves between memory and the processor if each of its passes is one sweep: in each pass, each array that an
 * entry's operations read (parameter, gradient, state) counts once, and each array that is written counts once. Numbers for a leaf, a
 * unit or all leaves are not counted: there are few of them. A copy of n bytes counts 2n by the same rule.
 */
export function bytesOfPlan(plan: Plan): readonly PassBytes[] {
  return plan.passes.map(({ sweeps }) => ({
    read: total(sweeps, (sweep) => arraysRead(plan.program, sweep) * sweepBytes(plan.program, sweep)),
    written: total(sweeps, (sweep) => sweep.writes.length * sweepBytes(plan.program, sweep)),
  }));
}

/** The bytes of all passes together. */
export function totalBytes(passes: readonly PassBytes[]): number {
  return passes.reduce((sum, { read, written }) => sum + read + written, 0);
}

const bytesPerEntry = 4;

function sweepBytes(program: Program, { group }: Sweep): number {
  const leaves = program.groups[group] ?? [];
  return (
    bytesPerEntry * leaves.reduce((sum, leaf) => sum + sizeOfShape(program.leaves[leaf]?.shape ?? []), 0)
  );
}

const arrays: ReadonlySet<string> = new Set(['parameter', 'gradient', 'slot']);

function arraysRead(program: Program, { nodes }: Sweep): number {
  const read = nodes.flatMap((index) => {
    const operation = program.nodes[index]?.operation;
    if (operation === undefined || !arrays.has(operation.op)) return [];
    return [operation.op === 'slot' ? `slot ${operation.slot}` : operation.op];
  });
  return new Set(read).size;
}

function total(sweeps: readonly Sweep[], bytesOf: (sweep: Sweep) => number): number {
  return sweeps.reduce((sum, sweep) => sum + bytesOf(sweep), 0);
}
