import type { Computation, Kernel, Kernels, Load } from './kernel.ts';
import { describeNode, groupName, headerOf, linesOf, operandOf } from './printProgram.ts';
import type { Program } from './program.ts';

/**
 * Kernels as text: for each pass the numbers before it and, for each group, what an entry loads, computes, feeds to reductions and stores. Values
 * go by the numbers of `printProgram`.
 *
 * @example console.log(printKernels(lowerPlan(planProgram(program))));
 */
export function printKernels({ program, passes, numbersAfter }: Kernels): string {
  const lines = headerOf(program);
  passes.forEach(({ numbersBefore, kernels }, index) => {
    lines.push(`pass ${index + 1} of ${passes.length}`);
    if (numbersBefore.length > 0)
      lines.push('  numbers', ...linesOf(program, numbersBefore).map((line) => `  ${line}`));
    for (const kernel of kernels) lines.push(...linesOfKernel(program, kernel));
  });
  if (numbersAfter.length > 0) lines.push('numbers', ...linesOf(program, numbersAfter));
  return lines.join('\n');
}

function linesOfKernel(program: Program, { group, loads, body, feeds, stores }: Kernel): string[] {
  return [
    `  ${groupName(program, group)}`,
    ...loads
      .filter(({ from }) => from.op !== 'constant')
      .map((load) => `    load    ${operandOf(program, load.value)} ${sourceOf(load)}`),
    ...body.map((computation) => `    compute ${computationOf(program, computation)}`),
    ...feeds.map(
      ({ reduction, value }) =>
        `    feed    %${reduction} with ${operandOf(program, value)}: ${reductionOf(program, reduction)}`,
    ),
    ...stores.map(
      (write) =>
        `    store   ${write.to === 'slot' ? write.slot : write.to} <- ${operandOf(program, write.node)}`,
    ),
  ];
}

function sourceOf({ per, from }: Load): string {
  const place = from.op === 'slot' ? from.slot : from.op;
  return per === 'step' ? `once from ${place}` : `for each ${per} from ${place}`;
}

function computationOf(program: Program, { value, operation, operands }: Computation): string {
  return `%${value} = ${operation}(${operands.map((operand) => operandOf(program, operand)).join(', ')})`;
}

function reductionOf(program: Program, reduction: number): string {
  const node = program.nodes[reduction];
  return node === undefined ? '' : describeNode(program, node);
}
