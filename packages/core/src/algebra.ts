import { SymbolicValueError, InvalidOptionError } from './errors.ts';
import { checkOptionNames, describeValue } from './checkOptionNames.ts';
import {
  binaryExpression,
  broadcastExpression,
  broadcastsTo,
  constantExpression,
  inputExpression,
  pushExpression,
  reductionExpression,
  unaryExpression,
  whereExpression,
  type Expression,
} from './expression.ts';
import type { BinaryName, Over, ReductionName, UnaryName } from './operation.ts';
import {
  isSymbolicTensor,
  noGroup,
  symbolicTensor,
  type DType,
  type Kind,
  type KindOf,
  type Leaf,
  type LeafScalar,
  type Mask,
  type Operand,
  type Scalar,
  type SymbolicTensor,
  type Unit,
  type Vector,
  type Widest,
} from './symbolicTensor.ts';

/** The result of an elementwise operation: float32, as wide as the widest operand. */
export type Elementwise<A extends Operand, B extends Operand = A> = SymbolicTensor<
  Widest<KindOf<A> | KindOf<B>>,
  'float32'
>;

/** The result of a comparison: truth values, as wide as the widest operand. */
export type Comparison<A extends Operand, B extends Operand = A> = Mask<Widest<KindOf<A> | KindOf<B>>>;

/** The norm of order `order`: any number above 0, or Infinity for the largest absolute value. Default 2. */
export interface NormOptions {
  readonly order?: number;
}

/** a + b. */
export function add<A extends Operand, B extends Operand>(a: A, b: B): Elementwise<A, B> {
  return binary('add', a, b);
}

/** a - b. */
export function sub<A extends Operand, B extends Operand>(a: A, b: B): Elementwise<A, B> {
  return binary('sub', a, b);
}

/** a * b. Note that 0 * NaN is NaN: to drop a value, use {@link where}. */
export function mul<A extends Operand, B extends Operand>(a: A, b: B): Elementwise<A, B> {
  return binary('mul', a, b);
}

/** a / b, with IEEE 754's infinities and NaN for a division by zero. */
export function div<A extends Operand, B extends Operand>(a: A, b: B): Elementwise<A, B> {
  return binary('div', a, b);
}

/** The larger of a and b; NaN if either is NaN. */
export function maximum<A extends Operand, B extends Operand>(a: A, b: B): Elementwise<A, B> {
  return binary('maximum', a, b);
}

/** The smaller of a and b; NaN if either is NaN. */
export function minimum<A extends Operand, B extends Operand>(a: A, b: B): Elementwise<A, B> {
  return binary('minimum', a, b);
}

/** base to the power exponent; pow(x, 0) is 1 for every x; a negative base with a fractional exponent is NaN. */
export function pow<A extends Operand, B extends Operand>(base: A, exponent: B): Elementwise<A, B> {
  return binary('pow', base, exponent);
}

/** -x. */
export function neg<A extends Operand>(x: A): Elementwise<A> {
  return unary('neg', x);
}

/** |x|. */
export function abs<A extends Operand>(x: A): Elementwise<A> {
  return unary('abs', x);
}

/** 1, -1, or x itself where x is a zero or NaN. */
export function sign<A extends Operand>(x: A): Elementwise<A> {
  return unary('sign', x);
}

/** The square root; NaN below zero. */
export function sqrt<A extends Operand>(x: A): Elementwise<A> {
  return unary('sqrt', x);
}

/** x * x. */
export function square<A extends Operand>(x: A): Elementwise<A> {
  return unary('square', x);
}

/** e to the power x, the same bits on every machine. */
export function exp<A extends Operand>(x: A): Elementwise<A> {
  return unary('exp', x);
}

/** The natural logarithm, the same bits on every machine; log(0) is -Infinity, NaN below zero. */
export function log<A extends Operand>(x: A): Elementwise<A> {
  return unary('log', x);
}

/** The hyperbolic tangent, the same bits on every machine. */
export function tanh<A extends Operand>(x: A): Elementwise<A> {
  return unary('tanh', x);
}

/** Whether x is NaN. */
export function isNaN<A extends Operand>(x: A): Comparison<A> {
  return comparison('isNaN', x);
}

/** Whether x is neither NaN nor an infinity. */
export function isFinite<A extends Operand>(x: A): Comparison<A> {
  return comparison('isFinite', x);
}

/** a < b; false if either is NaN. */
export function less<A extends Operand, B extends Operand>(a: A, b: B): Comparison<A, B> {
  return compare('less', a, b);
}

/** a <= b; false if either is NaN. */
export function lessEqual<A extends Operand, B extends Operand>(a: A, b: B): Comparison<A, B> {
  return compare('lessEqual', a, b);
}

/** a > b; false if either is NaN. */
export function greater<A extends Operand, B extends Operand>(a: A, b: B): Comparison<A, B> {
  return compare('greater', a, b);
}

/** a >= b; false if either is NaN. */
export function greaterEqual<A extends Operand, B extends Operand>(a: A, b: B): Comparison<A, B> {
  return compare('greaterEqual', a, b);
}

/** a = b; false if either is NaN; 0 equals -0. */
export function equal<A extends Operand, B extends Operand>(a: A, b: B): Comparison<A, B> {
  return compare('equal', a, b);
}

/** Whether a and b differ; true if either is NaN. */
export function notEqual<A extends Operand, B extends Operand>(a: A, b: B): Comparison<A, B> {
  return compare('notEqual', a, b);
}

/** Both. */
export function logicalAnd<A extends Kind, B extends Kind>(a: Mask<A>, b: Mask<B>): Mask<Widest<A | B>> {
  return combine({ operands: [a, b], dtype: 'bool' }, ([x, y]) => binaryExpression('logicalAnd', x, y));
}

/** Either. */
export function logicalOr<A extends Kind, B extends Kind>(a: Mask<A>, b: Mask<B>): Mask<Widest<A | B>> {
  return combine({ operands: [a, b], dtype: 'bool' }, ([x, y]) => binaryExpression('logicalOr', x, y));
}

/** Not. */
export function logicalNot<K extends Kind>(a: Mask<K>): Mask<Widest<K>> {
  return combine({ operands: [a], dtype: 'bool' }, ([x]) => unaryExpression('logicalNot', x));
}

/**
 * `a` where the condition holds, `b` elsewhere: a selection of bits, in which the value not taken has no influence, NaN
 * included. This is how a transform decides on data.
 *
 * @example where(lessEqual(norm, maxNorm), updates, mul(updates, scale))
 */
export function where<C extends Kind, A extends Operand, B extends Operand>(
  condition: Mask<C>,
  a: A,
  b: B,
): SymbolicTensor<Widest<C | KindOf<A> | KindOf<B>>, 'float32'> {
  return combine({ operands: [condition, a, b], dtype: 'float32' }, ([c, x, y]) => whereExpression(c, x, y));
}

/** The sum of each leaf's entries. */
export function sum(x: Leaf): LeafScalar {
  return overLeaf('sum', x);
}

/** The mean of each leaf's entries; NaN for an empty leaf. */
export function mean(x: Leaf): LeafScalar {
  return overLeaf('mean', x);
}

/** The largest of each leaf's entries; NaN if one is NaN, -Infinity for an empty leaf. */
export function max(x: Leaf): LeafScalar {
  return overLeaf('max', x);
}

/** The smallest of each leaf's entries; NaN if one is NaN, Infinity for an empty leaf. */
export function min(x: Leaf): LeafScalar {
  return overLeaf('min', x);
}

/** Whether any entry of each leaf is true. */
export function any(x: Mask<'leaf'>): Mask<'leafScalar'> {
  return maskOverLeaf('any', x);
}

/** Whether all entries of each leaf are true. */
export function all(x: Mask<'leaf'>): Mask<'leafScalar'> {
  return maskOverLeaf('all', x);
}

/** The norm of each leaf; right whenever it is a finite float32, from 1e-38 to 1e38. */
export function norm(x: Leaf, options: NormOptions = {}): LeafScalar {
  return reduceEach('leafScalar', { op: 'norm', over: 'leaf', order: orderOf(options) }, x, 'float32');
}

/** The sum of each unit's entries: over all axes but the last. */
export function sumOverUnit(x: Leaf): Unit {
  return overUnit('sum', x);
}

/** The mean of each unit's entries. */
export function meanOverUnit(x: Leaf): Unit {
  return overUnit('mean', x);
}

/** The largest of each unit's entries. */
export function maxOverUnit(x: Leaf): Unit {
  return overUnit('max', x);
}

/** The smallest of each unit's entries. */
export function minOverUnit(x: Leaf): Unit {
  return overUnit('min', x);
}

/** Whether any entry of each unit is true. */
export function anyOverUnit(x: Mask<'leaf'>): Mask<'unit'> {
  return reduceEach('unit', { op: 'any', over: 'unit' }, x, 'bool');
}

/** Whether all entries of each unit are true. */
export function allOverUnit(x: Mask<'leaf'>): Mask<'unit'> {
  return reduceEach('unit', { op: 'all', over: 'unit' }, x, 'bool');
}

/** The norm of each unit. */
export function normOverUnit(x: Leaf, options: NormOptions = {}): Unit {
  return reduceEach('unit', { op: 'norm', over: 'unit', order: orderOf(options) }, x, 'float32');
}

/** The sum of all entries of all leaves, or of one number for each leaf or unit. */
export function sumOverLeaves(x: Leaf | Unit | LeafScalar): Scalar {
  return reduceAll({ op: 'sum', over: 'leaves' }, x, 'float32');
}

/** The mean of all entries of all leaves; of a LeafScalar, the mean over the leaves. */
export function meanOverLeaves(x: Leaf | Unit | LeafScalar): Scalar {
  return reduceAll({ op: 'mean', over: 'leaves' }, x, 'float32');
}

/** The largest of all entries of all leaves. */
export function maxOverLeaves(x: Leaf | Unit | LeafScalar): Scalar {
  return reduceAll({ op: 'max', over: 'leaves' }, x, 'float32');
}

/** The smallest of all entries of all leaves. */
export function minOverLeaves(x: Leaf | Unit | LeafScalar): Scalar {
  return reduceAll({ op: 'min', over: 'leaves' }, x, 'float32');
}

/** Whether any entry of any leaf is true. */
export function anyOverLeaves(x: Mask<'leaf' | 'unit' | 'leafScalar'>): Mask<'scalar'> {
  return reduceAll({ op: 'any', over: 'leaves' }, x, 'bool');
}

/** Whether all entries of all leaves are true. */
export function allOverLeaves(x: Mask<'leaf' | 'unit' | 'leafScalar'>): Mask<'scalar'> {
  return reduceAll({ op: 'all', over: 'leaves' }, x, 'bool');
}

/** The norm of all entries of all leaves together; 0 without leaves. */
export function normOverLeaves(x: Leaf | Unit | LeafScalar, options: NormOptions = {}): Scalar {
  return reduceAll({ op: 'norm', over: 'leaves', order: orderOf(options) }, x, 'float32');
}

/** The sum of a history's entries. */
export function sumOverVector(x: Vector): Scalar {
  return reduceAll({ op: 'sum', over: 'vector' }, x, 'float32');
}

/** The mean of a history's entries. */
export function meanOverVector(x: Vector): Scalar {
  return reduceAll({ op: 'mean', over: 'vector' }, x, 'float32');
}

/** The largest of a history's entries. */
export function maxOverVector(x: Vector): Scalar {
  return reduceAll({ op: 'max', over: 'vector' }, x, 'float32');
}

/** The smallest of a history's entries. */
export function minOverVector(x: Vector): Scalar {
  return reduceAll({ op: 'min', over: 'vector' }, x, 'float32');
}

/** A history one step later: every entry moves down by one, the first is dropped and `value` becomes the last. */
export function push(history: Vector, value: Scalar): Vector {
  return combine({ operands: [history, value], dtype: 'float32' }, ([v, x]) => pushExpression(v, x));
}

/** How many entries each leaf has. */
export function size(x: Leaf): LeafScalar {
  return mapPieces('leafScalar', x, (group) =>
    inputExpression({ op: 'size', over: 'leaf' }, { kind: 'leafScalar', group }),
  );
}

/** How many entries each unit has. */
export function sizeOfUnit(x: Leaf): Unit {
  return mapPieces('unit', x, (group) =>
    inputExpression({ op: 'size', over: 'unit' }, { kind: 'unit', group }),
  );
}

/** A constant; a state that starts with it holds one number. */
export function scalar(value: number): Scalar {
  return symbolicTensor('scalar', 'float32', new Map([[noGroup, constantExpression(value)]]));
}

/** A history of `length` entries, all `value`, for the state. */
export function vector(length: number, value: number): Vector {
  if (!Number.isInteger(length) || length < 1) {
    throw new InvalidOptionError(
      `A vector's length must be a whole number above 0, but is ${describeValue(length)}.`,
    );
  }
  const filled = broadcastExpression(constantExpression(value), { kind: 'vector', group: noGroup, length });
  return symbolicTensor('vector', 'float32', new Map([[noGroup, filled]]));
}

/** An array for each leaf of `x`, all `value`. */
export function fillLike(x: Leaf, value: number): Leaf {
  return mapPieces('leaf', x, () => constantExpression(value));
}

/** An array of zeros for each leaf of `x`. */
export function zerosLike(x: Leaf): Leaf {
  return fillLike(x, 0);
}

/** One number for each leaf of `x`. */
export function leafScalar(x: Leaf, value: number): LeafScalar {
  return mapPieces('leafScalar', x, () => constantExpression(value));
}

/** One number for each unit of each leaf of `x`. */
export function unit(x: Leaf, value: number): Unit {
  return mapPieces('unit', x, () => constantExpression(value));
}

/**
 * Calls a function on trees as on one leaf: once, whatever the number of leaves, with the trees themselves, since a tree is
 * one symbol. It only names the intent.
 *
 * @example map(updates, state.momentum, (update, momentum) => add(update, mul(momentum, 0.9)))
 */
export function map<Trees extends readonly Leaf[], R>(...arguments_: [...Trees, (...leaves: Trees) => R]): R;
export function map(...arguments_: readonly unknown[]): unknown {
  const call = arguments_.at(-1);
  if (typeof call !== 'function') {
    throw new InvalidOptionError(
      `map takes trees and, last, a function; the last is ${describeValue(call)}.`,
    );
  }
  return call(...arguments_.slice(0, -1));
}

type Pieces<T extends readonly unknown[]> = { readonly [Index in keyof T]: Expression };

function unary<A extends Operand>(op: UnaryName, x: A): Elementwise<A> {
  return combine({ operands: [x], dtype: 'float32' }, ([a]) => unaryExpression(op, a));
}

function comparison<A extends Operand>(op: UnaryName, x: A): Comparison<A> {
  return combine({ operands: [x], dtype: 'bool' }, ([a]) => unaryExpression(op, a));
}

function binary<A extends Operand, B extends Operand>(op: BinaryName, x: A, y: B): Elementwise<A, B> {
  return combine({ operands: [x, y], dtype: 'float32' }, ([a, b]) => binaryExpression(op, a, b));
}

function compare<A extends Operand, B extends Operand>(op: BinaryName, x: A, y: B): Comparison<A, B> {
  return combine({ operands: [x, y], dtype: 'bool' }, ([a, b]) => binaryExpression(op, a, b));
}

function combine<const T extends readonly (number | SymbolicTensor)[], K extends Kind, D extends DType>(
  { operands, dtype }: { operands: T; dtype: D },
  build: (pieces: Pieces<T>) => Expression,
): SymbolicTensor<K, D>;
function combine(
  { operands, dtype }: { operands: readonly (number | SymbolicTensor)[]; dtype: DType },
  build: (pieces: readonly Expression[]) => Expression,
): SymbolicTensor {
  const tensors = operands.map((operand) => toTensor(operand));
  const wide = tensors.reduce((a, b) => widerOf(a, b));
  const pieces = new Map<number, Expression>();
  for (const group of wide.pieces.keys())
    pieces.set(group, build(tensors.map((tensor) => pieceOf(tensor, group, wide))));
  return symbolicTensor(wide.__symbolic.kind, dtype, pieces);
}

function widerOf(a: SymbolicTensor, b: SymbolicTensor): SymbolicTensor {
  if (broadcastsTo(b.__symbolic.kind, a.__symbolic.kind)) return a;
  if (broadcastsTo(a.__symbolic.kind, b.__symbolic.kind)) return b;
  throw new SymbolicValueError(
    `A ${a.__symbolic.kind} cannot be combined with a ${b.__symbolic.kind}: a vector meets scalars only. Reduce it first.`,
  );
}

function toTensor(operand: unknown): SymbolicTensor {
  if (typeof operand === 'number') return scalar(operand);
  if (isSymbolicTensor(operand)) return operand;
  throw new SymbolicValueError(
    `An operation was given ${describeValue(operand)}; it takes symbolic tensors and numbers. ` +
      `Take them from updates, state and context (params, hyperparameters, step).`,
  );
}

function pieceOf(
  { pieces, __symbolic: { kind } }: SymbolicTensor,
  group: number,
  wide: SymbolicTensor,
): Expression {
  const whole = pieces.get(noGroup);
  const piece = pieces.get(group);
  if (whole !== undefined) return whole;
  if (piece !== undefined && pieces.size === wide.pieces.size) return piece;
  throw new SymbolicValueError(
    `Two trees over different leaves were combined: a ${kind} of ${pieces.size} groups with ${wide.pieces.size} groups. ` +
      `Combine what belongs to the leaves of one transform only.`,
  );
}

function mapPieces<K extends Kind>(
  kind: K,
  x: SymbolicTensor,
  build: (group: number) => Expression,
): SymbolicTensor<K, 'float32'> {
  return symbolicTensor(
    kind,
    'float32',
    new Map(Array.from(x.pieces.keys(), (group) => [group, build(group)])),
  );
}

function overLeaf(op: 'sum' | 'mean' | 'max' | 'min', x: Leaf): LeafScalar {
  return reduceEach('leafScalar', { op, over: 'leaf' }, x, 'float32');
}

function overUnit(op: 'sum' | 'mean' | 'max' | 'min', x: Leaf): Unit {
  return reduceEach('unit', { op, over: 'unit' }, x, 'float32');
}

function maskOverLeaf(op: 'any' | 'all', x: Mask<'leaf'>): Mask<'leafScalar'> {
  return reduceEach('leafScalar', { op, over: 'leaf' }, x, 'bool');
}

function reduceEach<K extends Kind, D extends DType>(
  kind: K,
  reduction: { op: ReductionName; over: Over; order?: number },
  x: SymbolicTensor,
  dtype: D,
): SymbolicTensor<K, D> {
  requireKind(reduction, x, ['leaf']);
  const pieces = new Map<number, Expression>();
  for (const [group, piece] of x.pieces) {
    pieces.set(group, reductionExpression(reduction, [widened(x, group, piece)], group));
  }
  return symbolicTensor(kind, dtype, pieces);
}

function reduceAll<D extends DType>(
  reduction: { op: ReductionName; over: 'leaves' | 'vector'; order?: number },
  x: SymbolicTensor,
  dtype: D,
): SymbolicTensor<'scalar', D> {
  requireKind(reduction, x, reduction.over === 'vector' ? ['vector'] : ['leaf', 'unit', 'leafScalar']);
  const inputs = Array.from(x.pieces, ([group, piece]) => widened(x, group, piece));
  return symbolicTensor(
    'scalar',
    dtype,
    new Map([[noGroup, reductionExpression(reduction, inputs, noGroup)]]),
  );
}

/** A reduction counts entries, so an operand that is narrower than its tensor (a folded constant) is spread out first. */
function widened(x: SymbolicTensor, group: number, piece: Expression): Expression {
  return broadcastExpression(piece, { kind: x.__symbolic.kind, group, length: piece.length });
}

function requireKind(reduction: { op: string; over: Over }, x: unknown, kinds: readonly Kind[]): void {
  const tensor = toTensor(x);
  if (kinds.includes(tensor.__symbolic.kind)) return;
  throw new SymbolicValueError(
    `The reduction ${reduction.op} over ${reduction.over} takes a ${kinds.join(' or ')}, but was given a ${tensor.__symbolic.kind}.`,
  );
}

function orderOf(options: NormOptions): number {
  checkOptionNames('norm', options, ['order']);
  const { order = 2 } = options;
  if (typeof order === 'number' && order > 0) return order;
  throw new InvalidOptionError(
    `The order of a norm must be a number above 0 or Infinity, but is ${describeValue(order)}. Use 1, 2 or Infinity.`,
  );
}
