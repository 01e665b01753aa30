import { elementwiseMeaning, type ElementwiseName } from './operation.ts';

/**
 * What an elementwise loop works on: the first `length` numbers of each array. Arrays begin where their block does, because an offset in the
 * loop costs half of its speed. `out` may be an operand: each number is read before it is written.
 */
export interface Block {
  readonly out: Float32Array;
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly c: Float32Array;
}

/** An elementwise operation on a block. */
export type Loop = (block: Block, length: number) => void;

/** The loop of an elementwise operation, with the meaning of `elementwiseMeaning`. Storing rounds to float32. */
export function elementwiseLoop(op: ElementwiseName): Loop {
  return frequentLoops[op] ?? loopOf(elementwiseMeaning(op));
}

function loopOf(meaning: (a: number, b: number, c: number) => number): Loop {
  return ({ out, a, b, c }, length) => {
    for (let i = 0; i < length; i++) out[i] = meaning(a[i] ?? NaN, b[i] ?? NaN, c[i] ?? NaN);
  };
}

/**
 * The operations that optimizers and clips are full of, each written out, because a loop that calls its operation through a variable is several
 * times slower.
 */
const frequentLoops: { readonly [op in ElementwiseName]?: Loop } = {
  abs({ out, a }, length) {
    for (let i = 0; i < length; i++) out[i] = Math.abs(a[i] ?? NaN);
  },
  sqrt({ out, a }, length) {
    for (let i = 0; i < length; i++) out[i] = Math.sqrt(a[i] ?? NaN);
  },
  square({ out, a }, length) {
    for (let i = 0; i < length; i++) {
      const x = a[i] ?? NaN;
      out[i] = x * x;
    }
  },
  add({ out, a, b }, length) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) + (b[i] ?? NaN);
  },
  sub({ out, a, b }, length) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) - (b[i] ?? NaN);
  },
  mul({ out, a, b }, length) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) * (b[i] ?? NaN);
  },
  div({ out, a, b }, length) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) / (b[i] ?? NaN);
  },
  maximum({ out, a, b }, length) {
    for (let i = 0; i < length; i++) out[i] = Math.max(a[i] ?? NaN, b[i] ?? NaN);
  },
  minimum({ out, a, b }, length) {
    for (let i = 0; i < length; i++) out[i] = Math.min(a[i] ?? NaN, b[i] ?? NaN);
  },
  less({ out, a, b }, length) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) < (b[i] ?? NaN) ? 1 : 0;
  },
  lessEqual({ out, a, b }, length) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) <= (b[i] ?? NaN) ? 1 : 0;
  },
  greater({ out, a, b }, length) {
    for (let i = 0; i < length; i++) out[i] = (a[i] ?? NaN) > (b[i] ?? NaN) ? 1 : 0;
  },
  equal({ out, a, b }, length) {
    for (let i = 0; i < length; i++) out[i] = a[i] === b[i] ? 1 : 0;
  },
  where({ out, a, b, c }, length) {
    for (let i = 0; i < length; i++) out[i] = (a[i] === 0 ? c[i] : b[i]) ?? NaN;
  },
};
