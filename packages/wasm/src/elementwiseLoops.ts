import { binaryMeaning, unaryMeaning, type OperationName, type ReductionName } from '@gradkit/core';

/**
 * What an elementwise loop works on: `length` numbers of each array, from its start. One such object serves all loops, so that a loop
 * costs no allocation. `out` may be an operand: entry by entry, each is read before it is written.
 */
export interface Block {
  out: Float32Array;
  outStart: number;
  a: Float32Array;
  aStart: number;
  b: Float32Array;
  bStart: number;
  c: Float32Array;
  cStart: number;
  length: number;
}

/** The operations that are no elementwise computation: they read memory, stand for numbers, shift a history or reduce. */
type OtherName =
  | 'constant'
  | 'parameter'
  | 'gradient'
  | 'slot'
  | 'scalarInput'
  | 'size'
  | 'push'
  | ReductionName;

/** The operations with a number for each number of their operands. */
export type ElementwiseName = Exclude<OperationName, OtherName>;

/** An elementwise operation on a block. */
export type Loop = (block: Block) => void;

const { exp, log, tanh } = unaryMeaning;
const { pow } = binaryMeaning;

/**
 * One loop for each elementwise operation, with the meaning of core's `unaryMeaning` and `binaryMeaning`. Each is written out, because
 * a loop that calls its operation through a variable is several times slower. Storing rounds to float32.
 */
export const elementwiseLoops: Readonly<Record<ElementwiseName, Loop>> = {
  broadcast({ out, outStart, a, aStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = a[aStart + i] ?? NaN;
  },
  neg({ out, outStart, a, aStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = -(a[aStart + i] ?? NaN);
  },
  abs({ out, outStart, a, aStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = Math.abs(a[aStart + i] ?? NaN);
  },
  sign({ out, outStart, a, aStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = Math.sign(a[aStart + i] ?? NaN);
  },
  sqrt({ out, outStart, a, aStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = Math.sqrt(a[aStart + i] ?? NaN);
  },
  square({ out, outStart, a, aStart, length }) {
    for (let i = 0; i < length; i++) {
      const x = a[aStart + i] ?? NaN;
      out[outStart + i] = x * x;
    }
  },
  exp({ out, outStart, a, aStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = exp(a[aStart + i] ?? NaN);
  },
  log({ out, outStart, a, aStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = log(a[aStart + i] ?? NaN);
  },
  tanh({ out, outStart, a, aStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = tanh(a[aStart + i] ?? NaN);
  },
  isNaN({ out, outStart, a, aStart, length }) {
    for (let i = 0; i < length; i++) {
      const x = a[aStart + i] ?? NaN;
      out[outStart + i] = x !== x ? 1 : 0;
    }
  },
  isFinite({ out, outStart, a, aStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = Math.abs(a[aStart + i] ?? NaN) < Infinity ? 1 : 0;
  },
  logicalNot({ out, outStart, a, aStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = a[aStart + i] === 0 ? 1 : 0;
  },
  add({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = (a[aStart + i] ?? NaN) + (b[bStart + i] ?? NaN);
  },
  sub({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = (a[aStart + i] ?? NaN) - (b[bStart + i] ?? NaN);
  },
  mul({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = (a[aStart + i] ?? NaN) * (b[bStart + i] ?? NaN);
  },
  div({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = (a[aStart + i] ?? NaN) / (b[bStart + i] ?? NaN);
  },
  maximum({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = Math.max(a[aStart + i] ?? NaN, b[bStart + i] ?? NaN);
  },
  minimum({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = Math.min(a[aStart + i] ?? NaN, b[bStart + i] ?? NaN);
  },
  pow({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = pow(a[aStart + i] ?? NaN, b[bStart + i] ?? NaN);
  },
  less({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++)
      out[outStart + i] = (a[aStart + i] ?? NaN) < (b[bStart + i] ?? NaN) ? 1 : 0;
  },
  lessEqual({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++)
      out[outStart + i] = (a[aStart + i] ?? NaN) <= (b[bStart + i] ?? NaN) ? 1 : 0;
  },
  greater({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++)
      out[outStart + i] = (a[aStart + i] ?? NaN) > (b[bStart + i] ?? NaN) ? 1 : 0;
  },
  greaterEqual({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++)
      out[outStart + i] = (a[aStart + i] ?? NaN) >= (b[bStart + i] ?? NaN) ? 1 : 0;
  },
  equal({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = a[aStart + i] === b[bStart + i] ? 1 : 0;
  },
  notEqual({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = a[aStart + i] === b[bStart + i] ? 0 : 1;
  },
  logicalAnd({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = a[aStart + i] !== 0 && b[bStart + i] !== 0 ? 1 : 0;
  },
  logicalOr({ out, outStart, a, aStart, b, bStart, length }) {
    for (let i = 0; i < length; i++) out[outStart + i] = a[aStart + i] !== 0 || b[bStart + i] !== 0 ? 1 : 0;
  },
  where({ out, outStart, a, aStart, b, bStart, c, cStart, length }) {
    for (let i = 0; i < length; i++)
      out[outStart + i] = (a[aStart + i] === 0 ? c[cStart + i] : b[bStart + i]) ?? NaN;
  },
};

/** Whether an operation is elementwise. */
export function isElementwise(op: OperationName): op is ElementwiseName {
  return Object.hasOwn(elementwiseLoops, op);
}
