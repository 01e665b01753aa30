import { binaryMeaning, unaryMeaning, type OperationName, type ReductionName } from '@gradkit/core';

/**
 * What an elementwise loop works on: the first `length` numbers of each array. One such object serves all loops, so that a loop costs
 * no allocation; arrays begin where their block does, because an offset in the loop costs half of its speed. `out` may be an operand:
 * each number is read before it is written.
 */
export interface Block {
  out: Float32Array;
  a: Float32Array;
  b: Float32Array;
  c: Float32Array;
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
  broadcast({ out, a, length }) {
    for (let i = 0; i < length; i++) out[i] = a[i] ?? NaN;
  },
  neg({ out, a, length }) {
    for (let i = 0; i < length; i++) out[i] = -(a[i] ?? NaN);
  },
  abs({ out, a, length }) {
    for (let i = 0; i < length; i++) out[i] = Math.abs(a[i] ?? NaN);
  },
  sign({ out, a, length }) {
    for (let i = 0; i < length; i++) out[i] = Math.sign(a[i] ?? NaN);
  },
  sqrt({ out, a, length }) {
    for (let i = 0; i < length; i++) out[i] = Math.sqrt(a[i] ?? NaN);
  },
  square({ out, a, length }) {
    for (let i = 0; i < length; i++) {
      const x = a[i] ?? NaN;
      out[i] = x * x;
    }
  },
  exp({ out, a, length }) {
    for (let i = 0; i < length; i++) out[i] = exp(a[i] ?? NaN);
  },
  log({ out, a, length }) {
    for (let i = 0; i < length; i++) out[i] = log(a[i] ?? NaN);
  },
  tanh({ out, a, length }) {
    for (let i = 0; i < length; i++) out[i] = tanh(a[i] ?? NaN);
  },
  isNaN({ out, a, length }) {
    for (let i = 0; i < length; i++) {
      const x = a[i] ?? NaN;
      out[i] = x !== x ? 1 : 0;
    }
  },
  isFinite({ out, a, length }) {
    for (let i = 0; i < length; i++) out[i] = Math.abs(a[i] ?? NaN) < Infinity ? 1 : 0;
  },
  logicalNot({ out, a, length }) {
    for (let i = 0; i < length; i++) out[i] = a[i] === 0 ? 1 : 0;
  },
  add({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) + (b[i] ?? NaN);
  },
  sub({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) - (b[i] ?? NaN);
  },
  mul({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) * (b[i] ?? NaN);
  },
  div({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) / (b[i] ?? NaN);
  },
  maximum({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = Math.max(a[i] ?? NaN, b[i] ?? NaN);
  },
  minimum({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = Math.min(a[i] ?? NaN, b[i] ?? NaN);
  },
  pow({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = pow(a[i] ?? NaN, b[i] ?? NaN);
  },
  less({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) < (b[i] ?? NaN) ? 1 : 0;
  },
  lessEqual({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) <= (b[i] ?? NaN) ? 1 : 0;
  },
  greater({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) > (b[i] ?? NaN) ? 1 : 0;
  },
  greaterEqual({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) >= (b[i] ?? NaN) ? 1 : 0;
  },
  equal({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = a[i] === b[i] ? 1 : 0;
  },
  notEqual({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = a[i] === b[i] ? 0 : 1;
  },
  logicalAnd({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = a[i] !== 0 && b[i] !== 0 ? 1 : 0;
  },
  logicalOr({ out, a, b, length }) {
    for (let i = 0; i < length; i++) out[i] = a[i] !== 0 || b[i] !== 0 ? 1 : 0;
  },
  where({ out, a, b, c, length }) {
    for (let i = 0; i < length; i++) out[i] = (a[i] === 0 ? c[i] : b[i]) ?? NaN;
  },
};

/** Whether an operation is elementwise. */
export function isElementwise(op: OperationName): op is ElementwiseName {
  return Object.hasOwn(elementwiseLoops, op);
}
