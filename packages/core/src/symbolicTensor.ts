import { SymbolicValueError } from './errors.ts';
import type { Expression } from './expression.ts';

/**
 * How many numbers a symbolic tensor stands for.
 *
 * - `scalar`: one number.
 * - `leafScalar`: one number for each leaf (its norm, its size).
 * - `unit`: one number for each unit of each leaf. The units of a leaf are the slices along its last axis, which holds the
 *   outputs in TensorFlow.js's layouts (`[in, out]`, `[height, width, in, out]`); a leaf with at most one axis longer than 1
 *   (a bias, a gain, a scalar) is one unit.
 * - `leaf`: an array for each leaf.
 * - `vector`: a short history of fixed length.
 *
 * Operations broadcast upward: scalar, leafScalar, unit, leaf. A vector meets scalars only.
 */
export type Kind = 'scalar' | 'leafScalar' | 'unit' | 'leaf' | 'vector';

/** Values are float32; comparisons yield `bool`, which `where` and the logical operations take. */
export type DType = 'float32' | 'bool';

/**
 * A tensor whose numbers are not known while a transform is traced. `__symbolic` says what it stands for; it is the brand
 * that the lint rule `@gradkit/no-symbolic-truthiness` looks for.
 */
export interface SymbolicTensor<K extends Kind = Kind, D extends DType = DType> {
  readonly __symbolic: { readonly kind: K; readonly dtype: D };
  /** The expression of each group of leaves; a scalar or a vector has one, under {@link noGroup}. */
  readonly pieces: ReadonlyMap<number, Expression>;
}

/** An array for each leaf. */
export type Leaf = SymbolicTensor<'leaf', 'float32'>;
/** One number for each leaf. */
export type LeafScalar = SymbolicTensor<'leafScalar', 'float32'>;
/** One number for each unit of each leaf: for each output of a layer. */
export type Unit = SymbolicTensor<'unit', 'float32'>;
/** One number. */
export type Scalar = SymbolicTensor<'scalar', 'float32'>;
/** A history of fixed length. */
export type Vector = SymbolicTensor<'vector', 'float32'>;
/** Truth values, one for each number of a tensor of that kind. */
export type Mask<K extends Kind = Kind> = SymbolicTensor<K, 'bool'>;

/** What an operation takes: a float32 tensor or a plain number. */
export type Operand = number | SymbolicTensor<Kind, 'float32'>;

/** The kind of an operand: a plain number is a scalar. */
export type KindOf<T> = T extends SymbolicTensor<infer K> ? K : 'scalar';

/**
 * The widest of several kinds, to which the others broadcast. A vector beside anything but a scalar is a vector to the compiler, which
 * fits nowhere where the other is wanted, and an error when it is traced.
 */
export type Widest<K extends Kind> = 'vector' extends K
  ? 'vector'
  : 'leaf' extends K
    ? 'leaf'
    : 'unit' extends K
      ? 'unit'
      : 'leafScalar' extends K
        ? 'leafScalar'
        : 'scalar';

/** The key under which a tensor without leaves (a scalar, a vector) keeps its only piece. */
export const noGroup: number = -1;

class TracedTensor<K extends Kind, D extends DType> implements SymbolicTensor<K, D> {
  readonly __symbolic: { readonly kind: K; readonly dtype: D };
  readonly pieces: ReadonlyMap<number, Expression>;

  constructor(kind: K, dtype: D, pieces: ReadonlyMap<number, Expression>) {
    this.__symbolic = { kind, dtype };
    this.pieces = pieces;
  }

  [Symbol.toPrimitive](): never {
    throw new SymbolicValueError(
      `A symbolic ${this.__symbolic.kind} was used with a JavaScript operator or as text, but its numbers are not known while a ` +
        `transform is traced. Write add, sub, mul, div, less ... for operators, and where(condition, a, b) for a decision.`,
    );
  }

  toJSON(): never {
    throw new SymbolicValueError(
      `A symbolic ${this.__symbolic.kind} cannot be written as JSON: its numbers are not known while a transform is traced. ` +
        `Report it to see its value: report: { name: value }.`,
    );
  }
}

/** A tensor of one kind from the expressions of its groups. */
export function symbolicTensor<K extends Kind, D extends DType>(
  kind: K,
  dtype: D,
  pieces: ReadonlyMap<number, Expression>,
): SymbolicTensor<K, D> {
  return new TracedTensor(kind, dtype, pieces);
}

/** Whether a value is a symbolic tensor. */
export function isSymbolicTensor(value: unknown): value is SymbolicTensor {
  return typeof value === 'object' && value !== null && '__symbolic' in value;
}
