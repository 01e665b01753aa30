import type { Variable } from './writeModule.ts';
import { isReduction, type ProgramNode, type Reduction } from '@gradkit/core';
import { f32x4, f64x2, v128, type Code, type Instruction } from './instruction.ts';

/**
 * How sweeps add up a reduction, in vectors, and how what they leave in memory is put together.
 *
 * - `wide`: a sum of float64 terms, two at a time. The square of any float32 is a normal float64, so nothing overflows or vanishes.
 * - `narrow`: the largest or the smallest float32.
 * - `mask`: truth values, all bits of a lane set or none.
 * - `power`: powers of an order whose powers may leave float64, one entry at a time, in an accumulator in memory.
 */
export type ReductionCode =
  | {
      readonly kind: 'wide';
      /** What a partial sum starts with: -0 keeps the sign of a sum of negative zeros. */
      readonly start: number;
      readonly isSumOfSquares: boolean;
      /** The terms of two float64 in a local; `scratch` is another local. */
      term(x: Variable, scratch: Variable): Code;
    }
  | {
      readonly kind: 'narrow' | 'mask';
      readonly start: number;
      readonly fold: Instruction;
      term(x: Code): Code;
      /** A total and one lane of what sweeps left as one. */
      merge(total: number, lane: number): number;
    }
  | { readonly kind: 'power'; readonly order: number };

/** The largest order whose powers of any float32 stay in float64. */
const largestPlainOrder = 6;

/** How a reduction adds up. */
export function reductionCode(operation: Reduction): ReductionCode {
  switch (operation.op) {
    case 'sum':
      return wide((x) => x.get, -0);
    case 'mean':
      return wide((x) => x.get);
    case 'max':
      return { ...largest, start: -Infinity };
    case 'min':
      return { ...largest, start: Infinity, fold: f32x4.min, merge: Math.min };
    case 'any':
      return { ...largest, kind: 'mask', fold: v128.or, merge: (total, lane) => (lane === 0 ? total : 1) };
    case 'all':
      return {
        ...largest,
        kind: 'mask',
        start: 1,
        fold: v128.and,
        merge: (total, lane) => (lane === 0 ? 0 : total),
      };
    default:
      return normCode(operation.order);
  }
}

const largest = {
  kind: 'narrow',
  start: 0,
  fold: f32x4.max,
  term: (x: Code): Code => x,
  merge: Math.max,
} as const;

function wide(
  term: (x: Variable, scratch: Variable) => Code,
  start = 0,
): Extract<ReductionCode, { kind: 'wide' }> {
  return { kind: 'wide', start, isSumOfSquares: false, term };
}

function normCode(order: number): ReductionCode {
  if (order === Infinity) return { ...largest, term: f32x4.abs };
  if (order === 2) {
    return { ...wide((x) => f64x2.mul(x.get, x.get)), isSumOfSquares: true };
  }
  if (order > largestPlainOrder || !Number.isInteger(order * 2)) return { kind: 'power', order };
  return wide((x, scratch) => powerOfSize(order, { x, scratch }));
}

/** |x| to a multiple of 1/2. */
function powerOfSize(order: number, { x, scratch }: { x: Variable; scratch: Variable }): Code {
  const size = scratch.get;
  const whole = Math.floor(order);
  const factors = [
    ...Array.from({ length: whole }, () => size),
    ...(whole === order ? [] : [f64x2.sqrt(size)]),
  ];
  const [first = [], ...rest] = factors;
  return [scratch.set(f64x2.abs(x.get)), rest.reduce((product, factor) => f64x2.mul(product, factor), first)];
}

/** The bytes of the partial result of a run of entries: three float64, or a vector. */
export const partialBytes = 24;

/** The bytes of one accumulator of a unit. */
export function accumulatorBytes(code: ReductionCode): number {
  if (code.kind === 'wide') return 8;
  return code.kind === 'power' ? partialBytes : 4;
}

/** A vector full of the start of a narrow or a mask reduction. */
export function narrowStart({ kind, start }: Extract<ReductionCode, { kind: 'narrow' | 'mask' }>): Code {
  return kind === 'narrow' ? f32x4.const(start) : v128.mask(start === 1);
}

/** The operation of a node that reduces. */
export function reductionOf(node: ProgramNode | undefined): Reduction | undefined {
  return node !== undefined && isReduction(node.operation) ? node.operation : undefined;
}
