import {
  binaryMeaning,
  boolOperations,
  unaryMeaning,
  type BinaryName,
  type Operation,
  type Over,
  type ReductionName,
  type UnaryName,
} from './operation.ts';
import { noGroup, type DType, type Kind } from './symbolicTensor.ts';

/**
 * A value of a program as a tree (a graph, where parts are shared) of operations. Immutable and known by its structure only:
 * equal parts become one when the program is written down.
 */
export interface Expression {
  readonly operation: Operation;
  readonly inputs: readonly Expression[];
  readonly kind: Kind;
  readonly dtype: DType;
  /** The group of leaves that it is over; `noGroup` for a scalar or a vector. */
  readonly group: number;
  /** How many numbers a vector has; 1 for everything else. */
  readonly length: number;
}

const width: Readonly<Record<Kind, number>> = { scalar: 0, vector: 1, leafScalar: 2, unit: 3, leaf: 4 };

/** Whether values of kind `narrow` can stand where values of kind `wide` are wanted. */
export function broadcastsTo(narrow: Kind, wide: Kind): boolean {
  if (narrow === 'vector' || wide === 'vector') return narrow === wide || narrow === 'scalar';
  return width[narrow] <= width[wide];
}

export function constantExpression(value: number, dtype: DType = 'float32'): Expression {
  return {
    operation: { op: 'constant', value: Math.fround(value) },
    inputs: [],
    kind: 'scalar',
    dtype,
    group: noGroup,
    length: 1,
  };
}

export function inputExpression(
  operation: Extract<Operation, { op: 'parameter' | 'gradient' | 'slot' | 'scalarInput' | 'size' }>,
  place: { kind: Kind; group: number; length?: number },
): Expression {
  return {
    operation,
    inputs: [],
    kind: place.kind,
    dtype: 'float32',
    group: place.group,
    length: place.length ?? 1,
  };
}

export function unaryExpression(op: UnaryName, a: Expression): Expression {
  const value = constantOf(a);
  const dtype = dtypeOf(op);
  if (value !== undefined) return constantExpression(unaryMeaning[op](value), dtype);
  return { ...a, operation: { op }, inputs: [a], dtype };
}

export function binaryExpression(op: BinaryName, a: Expression, b: Expression): Expression {
  const dtype = dtypeOf(op);
  const left = constantOf(a);
  const right = constantOf(b);
  if (left !== undefined && right !== undefined)
    return constantExpression(binaryMeaning[op](left, right), dtype);
  const simpler = simplified(op, { a, b, left, right });
  if (simpler !== undefined) return simpler;
  const wide = widest([a, b]);
  return { ...wide, operation: { op }, inputs: [a, b], dtype };
}

export function whereExpression(condition: Expression, a: Expression, b: Expression): Expression {
  const decided = constantOf(condition);
  if (decided !== undefined) return decided === 0 ? b : a;
  if (a === b) return a;
  return {
    ...widest([condition, a, b]),
    operation: { op: 'where' },
    inputs: [condition, a, b],
    dtype: a.dtype,
  };
}

export function broadcastExpression(
  a: Expression,
  place: { kind: Kind; group: number; length: number },
): Expression {
  if (a.kind === place.kind) return a;
  return { operation: { op: 'broadcast' }, inputs: [a], dtype: a.dtype, ...place };
}

/** `group` is where the result lives: the leaves' group, or `noGroup` for a scalar. */
export function reductionExpression(
  reduction: { op: ReductionName; over: Over; order?: number },
  inputs: readonly Expression[],
  group: number,
): Expression {
  const { op, over } = reduction;
  const operation: Operation = op === 'norm' ? { op, over, order: reduction.order ?? 2 } : { op, over };
  const kind = over === 'leaf' ? 'leafScalar' : over === 'unit' ? 'unit' : 'scalar';
  return { operation, inputs, kind, dtype: dtypeOf(op), group, length: 1 };
}

export function pushExpression(vector: Expression, value: Expression): Expression {
  return { ...vector, operation: { op: 'push' }, inputs: [vector, value] };
}

/** The value of a constant. */
function constantOf(expression: Expression): number | undefined {
  return expression.operation.op === 'constant' ? expression.operation.value : undefined;
}

function dtypeOf(op: Operation['op']): DType {
  return boolOperations.has(op) ? 'bool' : 'float32';
}

function widest(expressions: readonly Expression[]): Expression {
  return expressions.reduce((wide, next) => (width[next.kind] > width[wide.kind] ? next : wide));
}

interface Operands {
  readonly a: Expression;
  readonly b: Expression;
  readonly left: number | undefined;
  readonly right: number | undefined;
}

/**
 * The rewritings that change no bit: x * 1, x / 1, x - 0 and x + -0 are x, but x + 0 is not (it turns -0 into 0).
 */
function simplified(op: BinaryName, { a, b, left, right }: Operands): Expression | undefined {
  switch (op) {
    case 'mul':
      return right === 1 ? a : left === 1 ? b : undefined;
    case 'div':
    case 'pow':
      return right === 1 ? a : undefined;
    case 'add':
      return Object.is(right, -0) ? a : Object.is(left, -0) ? b : undefined;
    case 'sub':
      return Object.is(right, 0) ? a : undefined;
    case 'logicalAnd':
      return a === b || right === 1 ? a : left === 1 ? b : left === 0 ? a : right === 0 ? b : undefined;
    case 'logicalOr':
      return a === b || right === 0 ? a : left === 0 ? b : left === 1 ? a : right === 1 ? b : undefined;
    default:
      return undefined;
  }
}
