import type { Operation, ReductionName } from '@gradkit/core';
import {
  apply,
  call,
  choose,
  constant,
  local,
  maskConstant,
  splatConstant,
  type Code,
  type InstructionName,
} from './instruction.ts';
import { functionIndex, powerAccumulatorBytes } from './transcendentalCode.ts';

/** A reduction of a program. */
export type Reduction = Extract<Operation, { op: ReductionName }>;

/**
 * How a reduction adds up.
 *
 * - `wide`: a sum of float64 terms, two at a time. The square of any float32 is a normal float64, so nothing overflows or vanishes.
 * - `narrow`: the largest or the smallest float32.
 * - `mask`: truth values.
 * - `power`: powers of an order whose powers may leave float64, one entry at a time, in an accumulator in memory.
 */
export type ReductionCode =
  | {
      readonly kind: 'wide';
      /** What a partial sum starts with: -0 keeps the sign of a sum of negative zeros. */
      readonly start: number;
      readonly isSumOfSquares: boolean;
      /** The terms of two float64 in a local; `scratch` is another local. */
      term(x: number, scratch: number): Code;
    }
  | {
      readonly kind: 'narrow';
      readonly start: number;
      readonly fold: InstructionName;
      readonly foldWide: 'f64.max' | 'f64.min';
      term(x: Code): Code;
    }
  | {
      readonly kind: 'mask';
      readonly start: boolean;
      readonly fold: InstructionName;
      readonly foldWide: 'f64.max' | 'f64.min';
    }
  | { readonly kind: 'power'; readonly order: number };

/** The largest order whose powers of any float32 stay in float64. */
const largestPlainOrder = 6;

/** How a reduction adds up. */
export function reductionCode(operation: Reduction): ReductionCode {
  switch (operation.op) {
    case 'sum':
    case 'mean':
      return {
        kind: 'wide',
        start: operation.op === 'sum' ? -0 : 0,
        isSumOfSquares: false,
        term: (x) => local.get(x),
      };
    case 'max':
      return narrow('f32x4.max', 'f64.max', -Infinity);
    case 'min':
      return narrow('f32x4.min', 'f64.min', Infinity);
    case 'any':
      return { kind: 'mask', start: false, fold: 'v128.or', foldWide: 'f64.max' };
    case 'all':
      return { kind: 'mask', start: true, fold: 'v128.and', foldWide: 'f64.min' };
    default:
      return normCode(operation.order);
  }
}

function narrow(
  fold: InstructionName,
  foldWide: 'f64.max' | 'f64.min',
  start: number,
): Extract<ReductionCode, { kind: 'narrow' }> {
  return { kind: 'narrow', start, fold, foldWide, term: (x) => x };
}

function normCode(order: number): ReductionCode {
  if (order === Infinity) {
    return { ...narrow('f32x4.max', 'f64.max', 0), term: (x: Code) => apply('f32x4.abs', x) };
  }
  if (order === 2) {
    return {
      kind: 'wide',
      start: 0,
      isSumOfSquares: true,
      term: (x) => apply('f64x2.mul', local.get(x), local.get(x)),
    };
  }
  if (order <= largestPlainOrder && Number.isInteger(order * 2)) {
    return {
      kind: 'wide',
      start: 0,
      isSumOfSquares: false,
      term: (x, scratch) => powerOfSize(order, { x, scratch }),
    };
  }
  return { kind: 'power', order };
}

/** |x| to a multiple of 1/2. */
function powerOfSize(order: number, { x, scratch }: { x: number; scratch: number }): Code {
  const size = local.get(scratch);
  const whole = Math.floor(order);
  const factors = [
    ...Array.from({ length: whole }, () => size),
    ...(whole === order ? [] : [apply('f64x2.sqrt', size)]),
  ];
  const [first = [], ...rest] = factors;
  return [
    local.set(scratch, apply('f64x2.abs', local.get(x))),
    rest.reduce((product, factor) => apply('f64x2.mul', product, factor), first),
  ];
}

/** The bytes of one accumulator of a unit. */
export function unitAccumulatorBytes(code: ReductionCode): number {
  if (code.kind === 'wide') return 8;
  return code.kind === 'power' ? powerAccumulatorBytes : 4;
}

/** The bytes of the partial result of a run of entries. */
export function partialBytes(code: ReductionCode): number {
  return code.kind === 'power' ? powerAccumulatorBytes : 8;
}

/** The start of a reduction as float64, truth values as 0 and 1. */
export function wideStart(code: ReductionCode): number {
  if (code.kind === 'power') return 0;
  return code.kind === 'mask' ? Number(code.start) : code.start;
}

/** Two partial results of a reduction as one. */
export function foldPartials(
  code: Exclude<ReductionCode, { kind: 'power' }>,
  total: Code,
  partial: Code,
): Code {
  return apply(code.kind === 'wide' ? 'f64.add' : code.foldWide, total, partial);
}

/** The result of a reduction in float64 from its total and the number of entries. Truth values stay 0 and 1. */
export function finishReduction(operation: Reduction, total: Code, count: Code): Code {
  switch (operation.op) {
    case 'sum':
      return choose('f64', apply('f64.eq', count, constant.f64(0)), constant.f64(0), total);
    case 'mean':
      return apply('f64.div', total, count);
    case 'norm':
      if (operation.order === 2) return apply('f64.sqrt', total);
      return operation.order === 1 || operation.order === Infinity
        ? total
        : call(functionIndex.pow, total, constant.f64(1 / operation.order));
    default:
      return total;
  }
}

/** A vector full of the start of a narrow or a mask reduction. */
export function narrowStart(code: Extract<ReductionCode, { kind: 'narrow' | 'mask' }>): Code {
  return code.kind === 'narrow' ? splatConstant(code.start) : maskConstant(code.start);
}
