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

/** An operation that reduces. */
export type Reduction = Extract<Operation, { op: ReductionName }>;

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

/** The operations with a number for each number of their operands. */
export type ElementwiseName = UnaryName | BinaryName | 'where' | 'broadcast';

/** Whether an operation computes a number from each number of its operands. */
export function isElementwise(op: OperationName): op is ElementwiseName {
  return op === 'where' || op === 'broadcast' || isUnary(op) || isBinary(op);
}

/** What an elementwise operation means, from a number of each operand. */
export function elementwiseMeaning(op: ElementwiseName): (a: number, b: number, c: number) => number {
  if (isUnary(op)) return unaryMeaning[op];
  if (isBinary(op)) return binaryMeaning[op];
  return op === 'broadcast' ? (a) => a : (condition, a, b) => (condition === 0 ? b : a);
}

/** Whether an operation reduces: its result is known only after a sweep over what it reads. */
export function isReduction(operation: Operation): operation is Reduction {
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
