import {
  isBinary,
  isUnary,
  type BinaryName,
  type Operation,
  type OperationName,
  type Reduction,
  type UnaryName,
} from '@gradkit/core';
import { floatLiteral } from './floatLiteral.ts';

/** How the operations that read something are written at one place of a shader. */
export interface Scope {
  parameter(): string;
  gradient(): string;
  slot(name: string): string;
  scalarInput(name: string): string;
  size(over: 'leaf' | 'unit'): string;
  reduction(operation: Reduction): string;
}

type Code = (operands: readonly string[], operation: Operation, scope: Scope) => string;

const unary: Readonly<Record<UnaryName, (a: string) => string>> = {
  neg: (a) => `negated(${a})`,
  abs: (a) => `absolute(${a})`,
  sign: (a) => `sign_of(${a})`,
  sqrt: (a) => `root(${a})`,
  square: (a) => `${a} * ${a}`,
  exp: (a) => `exponential(${a})`,
  log: (a) => `logarithm(${a})`,
  tanh: (a) => `hyperbolic_tangent(${a})`,
  isNaN: (a) => `is_nan(${a})`,
  isFinite: (a) => `is_finite(${a})`,
  logicalNot: (a) => `!${a}`,
};

/**
 * A literal as a number that a compiler cannot reckon with: it would make x + 0 and x * 0 into x and 0, which they are not for -0 and NaN,
 * and a division by 3 into a multiplication.
 */
function hidden(operand: string): string {
  return /^-?[0-9]/.test(operand) ? `hidden(${operand})` : operand;
}

const binary: Readonly<Record<BinaryName, (a: string, b: string) => string>> = {
  add: (a, b) => `${hidden(a)} + ${hidden(b)}`,
  sub: (a, b) => `${hidden(a)} - ${hidden(b)}`,
  mul: (a, b) => `${hidden(a)} * ${hidden(b)}`,
  div: (a, b) => `${hidden(a)} / ${hidden(b)}`,
  maximum: (a, b) => `larger(${a}, ${b})`,
  minimum: (a, b) => `smaller(${a}, ${b})`,
  pow: (a, b) => `power(${a}, ${b})`,
  less: (a, b) => `less_than(${a}, ${b})`,
  lessEqual: (a, b) => `at_most(${a}, ${b})`,
  greater: (a, b) => `less_than(${b}, ${a})`,
  greaterEqual: (a, b) => `at_most(${b}, ${a})`,
  equal: (a, b) => `same(${a}, ${b})`,
  notEqual: (a, b) => `!same(${a}, ${b})`,
  logicalAnd: (a, b) => `${a} && ${b}`,
  logicalOr: (a, b) => `${a} || ${b}`,
};

const reading: Readonly<Record<Exclude<OperationName, UnaryName | BinaryName>, Code>> = {
  constant: (_, operation) => (operation.op === 'constant' ? floatLiteral(operation.value) : ''),
  parameter: (_, __, scope) => scope.parameter(),
  gradient: (_, __, scope) => scope.gradient(),
  slot: (_, operation, scope) => (operation.op === 'slot' ? scope.slot(operation.slot) : ''),
  scalarInput: (_, operation, scope) =>
    operation.op === 'scalarInput' ? scope.scalarInput(operation.name) : '',
  size: (_, operation, scope) => (operation.op === 'size' ? scope.size(operation.over) : ''),
  broadcast: ([a = '']) => a,
  where: ([condition = '', a = '', b = '']) => `select(${b}, ${a}, ${condition})`,
  // A push moves a history along and is written as a loop by whoever keeps vectors.
  push: ([, value = '']) => value,
  sum: reduce,
  mean: reduce,
  max: reduce,
  min: reduce,
  any: reduce,
  all: reduce,
  norm: reduce,
};

/** One operation as a WGSL expression of its operands, which are names or literals. */
export function operationCode(operation: Operation, operands: readonly string[], scope: Scope): string {
  const [a = '', b = ''] = operands;
  const { op } = operation;
  if (isUnary(op)) return unary[op](a);
  return isBinary(op) ? binary[op](a, b) : reading[op](operands, operation, scope);
}

function reduce(_: readonly string[], operation: Operation, scope: Scope): string {
  switch (operation.op) {
    case 'sum':
    case 'mean':
    case 'max':
    case 'min':
    case 'any':
    case 'all':
    case 'norm':
      return scope.reduction(operation);
    default:
      return '';
  }
}
