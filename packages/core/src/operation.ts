import { exp, log, pow, tanh } from './transcendental.ts';

/** Elementwise operations of one tensor, by TensorFlow.js's names. */
export type UnaryName =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'sqrt'
  | 'square'
  | 'exp'
  | 'log'
  | 'tanh'
  | 'isNaN'
  | 'isFinite'
  | 'logicalNot';

/** Elementwise operations of two tensors, by TensorFlow.js's names. */
export type BinaryName =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'maximum'
  | 'minimum'
  | 'pow'
  | 'less'
  | 'lessEqual'
  | 'greater'
  | 'greaterEqual'
  | 'equal'
  | 'notEqual'
  | 'logicalAnd'
  | 'logicalOr';

/** Reductions. `norm` has an order beside its name. */
export type ReductionName = 'sum' | 'mean' | 'max' | 'min' | 'any' | 'all' | 'norm';

/**
 * What a reduction runs over: each leaf, each unit (all axes but the last), all leaves together, or a vector.
 */
export type Over = 'leaf' | 'unit' | 'leaves' | 'vector';

/**
 * One operation of a program. The union is closed: an engine that has code for every name has code for every program, and
 * a new name fails to compile until each engine knows it.
 */
export type Operation =
  | { readonly op: 'constant'; readonly value: number }
  | { readonly op: 'parameter' }
  | { readonly op: 'gradient' }
  | { readonly op: 'slot'; readonly slot: string }
  | { readonly op: 'scalarInput'; readonly name: string }
  | { readonly op: 'size'; readonly over: 'leaf' | 'unit' }
  | { readonly op: 'broadcast' }
  | { readonly op: UnaryName }
  | { readonly op: BinaryName }
  | { readonly op: 'where' }
  | { readonly op: 'push' }
  | { readonly op: Exclude<ReductionName, 'norm'>; readonly over: Over }
  | { readonly op: 'norm'; readonly over: Over; readonly order: number };

/** The name of any operation. */
export type OperationName = Operation['op'];

/**
 * What each elementwise operation of one number means. The result is rounded to float32; truth values are 1 and 0.
 * `sign` keeps NaN and the sign of zero.
 */
export const unaryMeaning: Readonly<Record<UnaryName, (a: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  sign: Math.sign,
  sqrt: Math.sqrt,
  square: (a) => a * a,
  exp,
  log,
  tanh,
  isNaN: (a) => (a !== a ? 1 : 0),
  isFinite: (a) => (Number.isFinite(a) ? 1 : 0),
  logicalNot: (a) => (a === 0 ? 1 : 0),
};

/**
 * What each elementwise operation of two numbers means. The result is rounded to float32; truth values are 1 and 0.
 * `maximum` and `minimum` are NaN if either is; every comparison with NaN is false, but `notEqual`.
 */
export const binaryMeaning: Readonly<Record<BinaryName, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  pow,
  less: (a, b) => (a < b ? 1 : 0),
  lessEqual: (a, b) => (a <= b ? 1 : 0),
  greater: (a, b) => (a > b ? 1 : 0),
  greaterEqual: (a, b) => (a >= b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
  notEqual: (a, b) => (a !== b ? 1 : 0),
  logicalAnd: (a, b) => (a !== 0 && b !== 0 ? 1 : 0),
  logicalOr: (a, b) => (a !== 0 || b !== 0 ? 1 : 0),
};

/** Whether an operation is elementwise with one operand. */
export function isUnary(op: OperationName): op is UnaryName {
  return Object.hasOwn(unaryMeaning, op);
}

/** Whether an operation is elementwise with two operands. */
export function isBinary(op: OperationName): op is BinaryName {
  return Object.hasOwn(binaryMeaning, op);
}

/** What any elementwise operation means, from a number of each operand; undefined for an operation that is not elementwise. */
export function elementwiseMeaning(
  op: OperationName,
): ((a: number, b: number, c: number) => number) | undefined {
  if (isUnary(op)) return unaryMeaning[op];
  if (isBinary(op)) return binaryMeaning[op];
  if (op === 'where') return (condition, a, b) => (condition === 0 ? b : a);
  return op === 'broadcast' ? (a) => a : undefined;
}

/** Whether an operation reduces: its result is known only after a sweep over what it reads. */
export function isReduction(operation: Operation): operation is Extract<Operation, { op: ReductionName }> {
  return reductionNames.has(operation.op);
}

const reductionNames: ReadonlySet<string> = new Set(['sum', 'mean', 'max', 'min', 'any', 'all', 'norm']);

/** The operations that yield truth values. */
export const boolOperations: ReadonlySet<OperationName> = new Set<OperationName>([
  'isNaN',
  'isFinite',
  'logicalNot',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
  'equal',
  'notEqual',
  'logicalAnd',
  'logicalOr',
  'any',
  'all',
]);

/**
 * A reduction while it runs: numbers go in one at a time, in the order of the leaves and of the entries of each; the result is
 * computed in float64 and rounded to float32 once.
 *
 * Of nothing: sum and norm are 0, mean is NaN, max is -Infinity, min is Infinity, any is false, all is true.
 */
export interface Accumulator {
  push(value: number): void;
  result(): number;
}

/** An accumulator for a reduction. */
export function accumulatorFor(operation: Extract<Operation, { op: ReductionName }>): Accumulator {
  if (operation.op === 'norm') return normAccumulator(operation.order);
  return accumulators[operation.op]();
}

const accumulators: Readonly<Record<Exclude<ReductionName, 'norm'>, () => Accumulator>> = {
  sum: () => {
    // -0 is addition's identity in IEEE 754; an empty sum is +0 all the same.
    let total = -0;
    let isEmpty = true;
    return {
      push(value) {
        isEmpty = false;
        total += value;
      },
      result: () => (isEmpty ? 0 : total),
    };
  },
  mean: () => {
    let total = 0;
    let count = 0;
    return {
      push(value) {
        total += value;
        count++;
      },
      result: () => total / count,
    };
  },
  max: () => folding(-Infinity, Math.max),
  min: () => folding(Infinity, Math.min),
  any: () => folding(0, Math.max),
  all: () => folding(1, Math.min),
};

function folding(start: number, fold: (a: number, b: number) => number): Accumulator {
  let value = start;
  return {
    push(next) {
      value = fold(value, next);
    },
    result: () => value,
  };
}

function normAccumulator(order: number): Accumulator {
  if (order === Infinity) return folding(0, (a, b) => Math.max(a, Math.abs(b)));
  if (order === 1) {
    let total = 0;
    return { push: (value) => void (total += Math.abs(value)), result: () => total };
  }
  if (order === 2) {
    // The square of any float32 is a normal float64, so nothing overflows or vanishes.
    let total = 0;
    return { push: (value) => void (total += value * value), result: () => Math.sqrt(total) };
  }
  return powerNormAccumulator(order);
}

/** |x|^p leaves float64's range for a large p, so the powers are of |x| / (the largest so far), and rescaled when that grows. */
function powerNormAccumulator(order: number): Accumulator {
  let largest = 0;
  let total = 0;
  let notFinite = 0;
  return {
    push(value) {
      const size = Math.abs(value);
      if (size === 0) return;
      if (!Number.isFinite(size)) notFinite += size;
      else if (size > largest) {
        total = total * pow(largest / size, order) + 1;
        largest = size;
      } else total += pow(size / largest, order);
    },
    result: () => (notFinite === 0 ? largest * pow(total, 1 / order) : notFinite),
  };
}
