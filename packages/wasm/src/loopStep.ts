import type { Block, Loop } from './elementwiseLoops.ts';

/** An array that loops work on, and where they are in it. A register for memory is pointed at one leaf, one block after another. */
export interface Register {
  values: Float32Array;
  start: number;
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
  return { values: new Float32Array(length), start: 0 };
}

/** A step; `out` stands for the operands that its operation lacks. */
export function loopStep(
  loop: Loop,
  { out, operands }: { out: Register; operands: readonly Register[] },
): LoopStep {
  const [a = out, b = out, c = out] = operands;
  return { loop, out, a, b, c };
}

/** Runs a step over `length` numbers from where its registers are. */
export function runLoopStep({ loop, out, a, b, c }: LoopStep, length: number): void {
  block.out = out.values;
  block.outStart = out.start;
  block.a = a.values;
  block.aStart = a.start;
  block.b = b.values;
  block.bStart = b.start;
  block.c = c.values;
  block.cStart = c.start;
  block.length = length;
  loop(block);
}

const none = new Float32Array(0);
const block: Block = {
  out: none,
  outStart: 0,
  a: none,
  aStart: 0,
  b: none,
  bStart: 0,
  c: none,
  cStart: 0,
  length: 0,
};
