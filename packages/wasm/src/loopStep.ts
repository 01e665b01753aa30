import type { Block, Loop } from './elementwiseLoops.ts';

/** An array that loops work on. A register for memory is given one block of one leaf after another. */
export interface Register {
  values: Float32Array;
}

/** One elementwise operation on registers. */
export interface LoopStep {
  readonly loop: Loop;
  readonly out: Register;
  readonly a: Register;
  readonly b: Register;
  readonly c: Register;
}

/** A register with an array of its own. */
export function createRegister(length: number): Register {
  return { values: new Float32Array(length) };
}

/** A step; `out` stands for the operands that its operation lacks. */
export function loopStep(
  loop: Loop,
  { out, operands }: { out: Register; operands: readonly Register[] },
): LoopStep {
  const [a = out, b = out, c = out] = operands;
  return { loop, out, a, b, c };
}

/** Runs a step over `length` numbers. */
export function runLoopStep({ loop, out, a, b, c }: LoopStep, length: number): void {
  block.out = out.values;
  block.a = a.values;
  block.b = b.values;
  block.c = c.values;
  block.length = length;
  loop(block);
}

const none = new Float32Array(0);
const block: Block = {
  out: none,
  a: none,
  b: none,
  c: none,
  length: 0,
};
