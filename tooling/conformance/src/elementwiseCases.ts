import {
  abs,
  add,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  pow,
  sign,
  sqrt,
  square,
  stateless,
  sub,
  tanh,
  where,
  type BinaryName,
  type Leaf,
  type Mask,
  type Operand,
  type SymbolicTensor,
  type UnaryName,
} from '@gradkit/core';
import { gradientsOf, treeOf, type ConformanceCase } from './conformanceCase.ts';

/** Where arithmetic has corners; the last few are ordinary. */
const edgeValues: readonly number[] = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1e-45,
  -1e-45,
  1e-38,
  -1e-38,
  1e38,
  -1e38,
  1,
  -1,
  0.5,
  -2,
  3,
  1.5,
  -0.1,
];

const transcendentals: ReadonlySet<string> = new Set(['exp', 'log', 'tanh', 'pow']);
const toleranceOf = (operation: string): number => (transcendentals.has(operation) ? 1e-6 : 0);

type LeafLike = SymbolicTensor<'leaf', 'float32'>;

const unaryOperations: Readonly<Record<UnaryName, (x: Leaf) => LeafLike>> = {
  neg: (x) => neg(x),
  abs: (x) => abs(x),
  sign: (x) => sign(x),
  sqrt: (x) => sqrt(x),
  square: (x) => square(x),
  exp: (x) => exp(x),
  log: (x) => log(x),
  tanh: (x) => tanh(x),
  isNaN: (x) => asNumber(isNaN(x)),
  isFinite: (x) => asNumber(isFinite(x)),
  logicalNot: (x) => asNumber(logicalNot(notEqual(x, 0))),
};

const binaryOperations: Readonly<Record<BinaryName, (a: Leaf, b: Leaf | number) => LeafLike>> = {
  add: (a, b) => add(a, b),
  sub: (a, b) => sub(a, b),
  mul: (a, b) => mul(a, b),
  div: (a, b) => div(a, b),
  maximum: (a, b) => maximum(a, b),
  minimum: (a, b) => minimum(a, b),
  pow: (a, b) => pow(a, b),
  less: (a, b) => asNumber(less(a, b)),
  lessEqual: (a, b) => asNumber(lessEqual(a, b)),
  greater: (a, b) => asNumber(greater(a, b)),
  greaterEqual: (a, b) => asNumber(greaterEqual(a, b)),
  equal: (a, b) => asNumber(equal(a, b)),
  notEqual: (a, b) => asNumber(notEqual(a, b)),
  logicalAnd: (a, b) => asNumber(logicalAnd(isTrue(a), isTrue(b))),
  logicalOr: (a, b) => asNumber(logicalOr(isTrue(a), isTrue(b))),
};

function isTrue(x: Operand): Mask<'leaf'>;
function isTrue(x: Operand): Mask {
  return notEqual(x, 0);
}

function asNumber(mask: Mask<'leaf'>): LeafLike {
  return where(mask, 1, 0);
}

const one = treeOf({ x: [edgeValues.length] }, edgeValues);
const pairs = edgeValues.flatMap((a) => edgeValues.map((b) => [a, b] as const));
const shape = { x: [pairs.length] };
const first = treeOf(
  shape,
  pairs.map(([a]) => a),
);
const second = treeOf(
  shape,
  pairs.map(([, b]) => b),
);

const unaryCases = Object.entries(unaryOperations).map(([operation, run]): ConformanceCase => ({
  name: `elementwise: ${operation}`,
  transform: () => stateless(operation, run),
  params: one,
  steps: [gradientsOf(one)],
  tolerance: toleranceOf(operation),
}));

/** The first operand is the parameters, the second the gradients. */
const binaryCases = Object.entries(binaryOperations).map(([operation, run]): ConformanceCase => ({
  name: `elementwise: ${operation}`,
  transform: () => stateless(operation, (updates, { params }) => run(params, updates)),
  params: first,
  steps: [gradientsOf(second)],
  tolerance: toleranceOf(operation),
}));

const constantCases = Object.entries(binaryOperations).flatMap(([operation, run]) =>
  edgeValues.map((constant): ConformanceCase => ({
    name: `elementwise: ${operation} with the constant ${Object.is(constant, -0) ? '-0' : constant}`,
    transform: () => stateless(operation, (updates) => run(updates, constant)),
    params: one,
    steps: [gradientsOf(one)],
    tolerance: toleranceOf(operation),
  })),
);

const whereCase: ConformanceCase = {
  name: 'elementwise: where',
  transform: () => stateless('where', (updates, { params }) => where(less(params, updates), params, updates)),
  params: first,
  steps: [gradientsOf(second)],
  tolerance: 0,
};

/** Every elementwise operation of the algebra, on every pair of edge values and beside every constant. */
export const elementwiseCases: readonly ConformanceCase[] = [
  ...unaryCases,
  ...binaryCases,
  whereCase,
  ...constantCases,
];
