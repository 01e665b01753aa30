import { isReduction } from './operation.ts';
import { planProgram, type Plan } from './plan.ts';
import type { Output, Program, ProgramNode } from './program.ts';
import { noGroup } from './symbolicTensor.ts';

/**
 * A program as text: a line for each operation with its kind, then what is written where. `@1` says that a value is over the
 * second group of leaves; with one group it is left out.
 *
 * @example console.log(printProgram(toProgram(clipByGlobalNorm({ maxNorm: 1 }), [{ name: 'w', shape: [2] }])));
 */
export function printProgram(program: Program): string {
  return [...headerOf(program), ...linesOf(program, program.nodes.keys()), ...outputsOf(program)].join('\n');
}

/** A plan as text: the operations of each pass, in which a value that is computed again appears again. */
export function printPlan(plan: Plan): string {
  const { program } = plan;
  const lines = headerOf(program);
  plan.passes.forEach((pass, index) => {
    lines.push(`pass ${index + 1} of ${plan.passes.length}`);
    if (pass.before.length > 0)
      lines.push('  before', ...linesOf(program, pass.before).map((line) => `  ${line}`));
    for (const sweep of pass.sweeps) {
      lines.push(`  for each entry of ${groupName(program, sweep.group)}`);
      lines.push(...linesOf(program, sweep.nodes).map((line) => `  ${line}`));
      const reductions = sweep.reductions.map(({ reduction }) => reduction);
      lines.push(...linesOf(program, reductions).map((line) => `  ${line}`));
      for (const write of sweep.writes) {
        lines.push(`    ${write.to === 'slot' ? write.slot : write.to} <- %${write.node}`);
      }
    }
  });
  if (plan.after.length > 0) lines.push('after', ...linesOf(program, plan.after));
  return lines.join('\n');
}

/** How many sweeps over memory a program takes. */
export function passCount(program: Program): number {
  return planProgram(program).passes.length;
}

/** The name of a program and its leaves, by group. */
export function headerOf(program: Program): string[] {
  const leaves = count(program.leaves.length, 'leaf', 'leaves');
  if (program.groups.length <= 1) return [`${program.name}: ${leaves}`];
  const groups = program.groups.map((members, group) => {
    const names = members.map((index) => JSON.stringify(program.leaves[index]?.name ?? ''));
    const shown = names.length <= 4 ? names : [...names.slice(0, 3), `and ${names.length - 3} more`];
    return `  @${group} = ${shown.join(', ')}`;
  });
  return [`${program.name}: ${leaves} in ${program.groups.length} groups`, ...groups];
}

/** A line for each of some nodes. */
export function linesOf(program: Program, indices: Iterable<number>): string[] {
  return Array.from(indices, (index) => {
    const node = program.nodes[index];
    return node === undefined
      ? ''
      : `  %${index} = ${describeNode(program, node)}  : ${typeOf(program, node)}`;
  });
}

/** What a node computes. */
export function describeNode(program: Program, node: ProgramNode): string {
  const { operation } = node;
  const inputs = node.inputs.map((input) => operandOf(program, input)).join(', ');
  switch (operation.op) {
    case 'constant':
      return constantText(operation.value);
    case 'slot':
      return `state ${operation.slot}`;
    case 'scalarInput':
      return `input ${operation.name}`;
    case 'size':
      return `size of each ${operation.over}`;
    case 'norm':
      return `norm(${inputs}) of order ${operation.order} over ${overText(operation.over)}`;
    default:
      if (isReduction(operation)) return `${operation.op}(${inputs}) over ${overText(operation.over)}`;
      return node.inputs.length === 0 ? operation.op : `${operation.op}(${inputs})`;
  }
}

/** A node as an operand: a constant by its value. */
export function operandOf(program: Program, index: number): string {
  const operation = program.nodes[index]?.operation;
  return operation?.op === 'constant' ? constantText(operation.value) : `%${index}`;
}

/** The shortest decimal that rounds to the same float32. */
function constantText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  for (let digits = 1; digits <= 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(value);
}

function overText(over: string): string {
  return over === 'leaves' ? 'all leaves' : over === 'vector' ? 'the vector' : `each ${over}`;
}

function typeOf(program: Program, node: ProgramNode): string {
  const truth = node.dtype === 'bool' ? ' bool' : '';
  const length = node.kind === 'vector' ? `[${node.length}]` : '';
  const group = node.group === noGroup || program.groups.length <= 1 ? '' : ` @${node.group}`;
  return `${node.kind}${length}${truth}${group}`;
}

function outputsOf(program: Program): string[] {
  const line = (target: string, output: Output): string => {
    const group = output.group === noGroup || program.groups.length <= 1 ? '' : ` @${output.group}`;
    return `  ${target}${group} <- ${operandOf(program, output.node)}`;
  };
  return [
    ...program.updates.map((output) => line('updates', output)),
    ...program.parameters.map((output) => line('parameters', output)),
    ...program.holds.map((output) => line('hold', output)),
    ...program.slots.map((output) => line(`state ${output.slot}`, output)),
    ...program.reports.flatMap(({ name, outputs }) =>
      outputs.map((output) => line(`report ${name}`, output)),
    ),
  ];
}

/** The leaves of a group, in words. */
export function groupName(program: Program, group: number): string {
  return program.groups.length <= 1 ? 'all leaves' : `group @${group}`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
