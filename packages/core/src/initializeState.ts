import { compileLoops } from './compileLoops.ts';
import type { Memory } from './memory.ts';
import { planProgram } from './plan.ts';
import type { Program, ProgramNode } from './program.ts';
import { noGroup } from './symbolicTensor.ts';

/** How many entries are computed at once: few enough that a state of any size takes little memory beside its own. */
const blockSize = 2048;

/** Writes the first state of a transform to the slots of a memory, all zero until now. */
export function initializeState(program: Program, memory: Memory): void {
  const computed = program.slots.filter(({ slot, group, node }) => {
    const value = constantOf(program.nodes, node);
    // Zeros are there, and memory that is not touched costs nothing yet.
    if (value === undefined || Object.is(value, 0)) return value === undefined;
    for (const leaf of program.groups[group] ?? [noGroup]) memory.slots.get(slot)?.get(leaf)?.fill(value);
    return false;
  });
  if (computed.length === 0) return;
  const plan = planProgram({ ...program, slots: computed });
  compileLoops(plan, { memory, blockSize })({ scalars: new Map(), gradients: [] });
}

/** The number that a node is full of, where it depends on nothing. */
function constantOf(nodes: readonly ProgramNode[], index: number | undefined): number | undefined {
  const node = nodes[index ?? noGroup];
  if (node?.operation.op === 'constant') return node.operation.value;
  return node?.operation.op === 'broadcast' ? constantOf(nodes, node.inputs[0]) : undefined;
}
