import {
  noGroup,
  sizeOfShape,
  unitCount,
  type OperationName,
  type Output,
  type Program,
  type ProgramNode,
} from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import { shapeOfKind, unitShape } from './shapeOfKind.ts';
import { isFinite, isInf, isNaN } from './specialNumbers.ts';

/** The tensors that a program works on, per leaf by number; a scalar or a vector of the state is under `noGroup`. */
export interface ProgramInputs {
  readonly parameters: readonly (tf.Tensor | undefined)[];
  readonly gradients: readonly (tf.Tensor | undefined)[];
  readonly slots: ReadonlyMap<string, ReadonlyMap<number, tf.Tensor>>;
  readonly scalars: ReadonlyMap<string, number>;
}

/** What a program computed, per leaf by number. */
export interface ProgramResults {
  readonly parameters: ReadonlyMap<number, tf.Tensor>;
  readonly updates: ReadonlyMap<number, tf.Tensor>;
  readonly slots: readonly { readonly slot: string; readonly leaf: number; readonly value: tf.Tensor }[];
  readonly reports: ReadonlyMap<string, ReadonlyMap<number, tf.Tensor>>;
}

/**
 * Runs a program with TensorFlow.js's own operations, one at a time and leaf by leaf, on the backend that is active. Nothing is read
 * back. Call it inside `tf.tidy`: every intermediate value is a tensor.
 */
export function runProgram(program: Program, inputs: ProgramInputs): ProgramResults {
  const values: Map<number, tf.Tensor>[] = [];
  for (const node of program.nodes) {
    const leaves = node.group === noGroup ? [noGroup] : (program.groups[node.group] ?? []);
    values.push(new Map(leaves.map((leaf) => [leaf, evaluate(node, { program, inputs, values, leaf })])));
  }
  const gather = (outputs: readonly Output[]): Map<number, tf.Tensor> =>
    new Map(outputs.flatMap(({ node }) => Array.from(values[node] ?? [])));
  return {
    parameters: gather(program.parameters),
    updates: gather(program.updates),
    slots: program.slots.flatMap(({ slot, node }) =>
      Array.from(values[node] ?? [], ([leaf, value]) => ({ slot, leaf, value })),
    ),
    reports: new Map(program.reports.map(({ name, outputs }) => [name, gather(outputs)])),
  };
}

interface Place {
  readonly program: Program;
  readonly inputs: ProgramInputs;
  readonly values: readonly ReadonlyMap<number, tf.Tensor>[];
  readonly leaf: number;
}

type Operands = readonly tf.Tensor[];

/** The code of an operation: of its operands in this leaf, or, for inputs and reductions, of the node and its place. */
type Code =
  | { readonly elementwise: (...operands: [tf.Tensor, tf.Tensor, tf.Tensor]) => tf.Tensor }
  | { readonly special: (node: ProgramNode, place: Place) => tf.Tensor };

const code: Readonly<Record<OperationName, Code>> = {
  constant: {
    special: ({ operation, dtype }) =>
      operation.op === 'constant' && dtype === 'bool'
        ? tf.scalar(operation.value !== 0, 'bool')
        : tf.scalar(operation.op === 'constant' ? operation.value : NaN),
  },
  parameter: { special: (_, { inputs, leaf }) => known(inputs.parameters[leaf]) },
  gradient: { special: (_, { inputs, leaf }) => known(inputs.gradients[leaf]) },
  slot: {
    special: ({ operation }, { inputs, leaf }) =>
      known(operation.op === 'slot' ? inputs.slots.get(operation.slot)?.get(leaf) : undefined),
  },
  scalarInput: {
    special: ({ operation }, { inputs }) =>
      tf.scalar((operation.op === 'scalarInput' ? inputs.scalars.get(operation.name) : undefined) ?? NaN),
  },
  size: {
    special: ({ operation }, place) => {
      const shape = shapeOfLeaf(place);
      const entries = sizeOfShape(shape);
      const isUnit = operation.op === 'size' && operation.over === 'unit';
      return isUnit ? tf.fill(unitShape(shape), entries / unitCount(shape), 'float32') : tf.scalar(entries);
    },
  },
  broadcast: {
    special: (node, place) => {
      const shape = shapeOfNode(node, place);
      if (sizeOfShape(shape) === 0) return tf.zeros(shape, node.dtype);
      return tf.broadcastTo(known(operandsOf(node, place)[0]), shape);
    },
  },
  push: {
    special: (node, place) => {
      const [history, value] = operandsOf(node, place);
      return tf.concat1d([
        tf.slice1d(tf.reshape(known(history), [node.length]), 1, node.length - 1),
        tf.reshape(known(value), [1]),
      ]);
    },
  },
  neg: { elementwise: (a) => tf.neg(a) },
  abs: { elementwise: (a) => tf.abs(a) },
  // tf.sign turns NaN and -0 into 0.
  sign: { elementwise: (a) => tf.where(tf.greater(a, 0), 1, tf.where(tf.less(a, 0), -1, a)) },
  sqrt: { elementwise: (a) => tf.sqrt(a) },
  square: { elementwise: (a) => tf.square(a) },
  exp: { elementwise: (a) => tf.exp(a) },
  log: { elementwise: (a) => tf.log(a) },
  tanh: { elementwise: (a) => tf.tanh(a) },
  isNaN: { elementwise: isNaN },
  isFinite: { elementwise: isFinite },
  logicalNot: { elementwise: (a) => tf.logicalNot(a) },
  add: { elementwise: (a, b) => tf.add(a, b) },
  sub: { elementwise: (a, b) => tf.sub(a, b) },
  mul: { elementwise: (a, b) => tf.mul(a, b) },
  div: { elementwise: (a, b) => tf.div(a, b) },
  // The wasm backend's maximum and max pass over NaN.
  maximum: { elementwise: (a, b) => keepNaN(a, keepNaN(b, tf.maximum(a, b))) },
  minimum: { elementwise: (a, b) => keepNaN(a, keepNaN(b, tf.minimum(a, b))) },
  // JavaScript's power is NaN for 1 to the power NaN and for -1 to an infinite power; IEEE 754's is 1.
  pow: {
    elementwise: (a, b) => {
      const isMinusOneToInfinity = tf.logicalAnd(tf.equal(a, -1), isInf(b));
      const isOne = tf.logicalOr(tf.logicalOr(tf.equal(a, 1), tf.equal(b, 0)), isMinusOneToInfinity);
      return tf.where(isOne, 1, tf.pow(a, b));
    },
  },
  less: { elementwise: (a, b) => tf.less(a, b) },
  lessEqual: { elementwise: (a, b) => tf.lessEqual(a, b) },
  greater: { elementwise: (a, b) => tf.greater(a, b) },
  greaterEqual: { elementwise: (a, b) => tf.greaterEqual(a, b) },
  equal: { elementwise: (a, b) => tf.equal(a, b) },
  notEqual: { elementwise: (a, b) => tf.notEqual(a, b) },
  logicalAnd: { elementwise: (a, b) => tf.logicalAnd(a, b) },
  logicalOr: { elementwise: (a, b) => tf.logicalOr(a, b) },
  where: { elementwise: (condition, a, b) => tf.where(condition, a, b) },
  sum: { special: (node, place) => sumOf(scopeOf(node, place)) },
  mean: {
    special: (node, place) => {
      const scope = scopeOf(node, place);
      const entries = entriesOf(scope);
      return entries === 0 ? ofNothing(scope, NaN) : tf.div(sumOf(scope), entries);
    },
  },
  max: { special: (node, place) => maxOf(scopeOf(node, place), -Infinity) },
  min: {
    special: (node, place) => {
      const scope = scopeOf(node, place);
      return tf.neg(maxOf({ ...scope, tensors: scope.tensors.map((tensor) => tf.neg(tensor)) }, -Infinity));
    },
  },
  any: { special: (node, place) => tf.cast(largestOf(asNumbers(scopeOf(node, place)), 0), 'bool') },
  all: {
    special: (node, place) => {
      const scope = asNumbers(scopeOf(node, place));
      const isAnyFalse = largestOf(
        { ...scope, tensors: scope.tensors.map((tensor) => tf.sub(1, tensor)) },
        0,
      );
      return tf.logicalNot(tf.cast(isAnyFalse, 'bool'));
    },
  },
  norm: {
    special: (node, place) =>
      normOf(scopeOf(node, place), node.operation.op === 'norm' ? node.operation.order : 2),
  },
};

function evaluate(node: ProgramNode, place: Place): tf.Tensor {
  const entry = code[node.operation.op];
  if ('special' in entry) return entry.special(node, place);
  const shape = shapeOfNode(node, place);
  // TensorFlow.js broadcasts a leaf without entries and a scalar to one entry.
  if (sizeOfShape(shape) === 0) return tf.zeros(shape, node.dtype);
  const [a, b, c] = operandsOf(node, place);
  const first = known(a);
  return entry.elementwise(first, b ?? first, c ?? first);
}

function operandsOf(node: ProgramNode, { program, values, leaf }: Place): Operands {
  return node.inputs.map((input) => {
    const group = program.nodes[input]?.group ?? noGroup;
    return known(values[input]?.get(group === noGroup ? noGroup : leaf));
  });
}

function known(tensor: tf.Tensor | undefined): tf.Tensor {
  if (tensor === undefined)
    throw new Error('A program needs a tensor that it was not given; this is a fault of @gradkit/tfjs.');
  return tensor;
}

function shapeOfLeaf({ program, leaf }: Place): readonly number[] {
  return program.leaves[leaf]?.shape ?? [];
}

function shapeOfNode(node: ProgramNode, place: Place): number[] {
  return shapeOfKind(node, node.kind === 'leaf' || node.kind === 'unit' ? shapeOfLeaf(place) : []);
}

/** What a reduction runs over: tensors that are reduced over the same axes and then together. */
interface Scope {
  readonly tensors: readonly tf.Tensor[];
  /** Keeps the last axis. */
  readonly perUnit: boolean;
}

function scopeOf(node: ProgramNode, place: Place): Scope {
  const { operation } = node;
  const over = 'over' in operation ? operation.over : 'leaf';
  if (over === 'leaves' || over === 'vector') {
    return {
      perUnit: false,
      tensors: node.inputs.flatMap((input) => Array.from(place.values[input]?.values() ?? [])),
    };
  }
  return {
    perUnit: over === 'unit' && unitCount(shapeOfLeaf(place)) !== 1,
    tensors: operandsOf(node, place),
  };
}

function axesOf(tensor: tf.Tensor, { perUnit }: Scope): number[] {
  const axes = tensor.shape.map((_, axis) => axis);
  return perUnit ? axes.slice(0, -1) : axes;
}

function sumOf(scope: Scope): tf.Tensor {
  // Without the empty ones, of which the wasm backend's sum is whatever lies in memory.
  const full = scope.tensors.filter((tensor) => tensor.size > 0);
  const sums = full.map((tensor) => tf.sum(tensor, axesOf(tensor, scope)));
  if (sums.length === 0) return ofNothing(scope, 0);
  // Not tf.addN: it takes more storage buffers than WebGPU has.
  return sums.reduce((total, next) => tf.add(total, next));
}

function entriesOf({ tensors, perUnit }: Scope): number {
  const entries = tensors.reduce((total, tensor) => total + tensor.size, 0);
  return perUnit ? entries / (tensors[0]?.shape.at(-1) ?? 1) : entries;
}

function maxOf(scope: Scope, start: number): tf.Tensor {
  const missing = {
    ...scope,
    tensors: scope.tensors.map((tensor) => tf.cast(isNaN(tensor), 'float32')),
  };
  return tf.where(tf.cast(largestOf(missing, 0), 'bool'), NaN, largestOf(scope, start));
}

/** The largest entry; where there is NaN, NaN on some backends and another entry on others. */
function largestOf(scope: Scope, start: number): tf.Tensor {
  const full = scope.tensors.filter((tensor) => tensor.size > 0);
  const largest = full.map((tensor) => tf.max(tensor, axesOf(tensor, scope)));
  if (largest.length === 0) return ofNothing(scope, start);
  return largest.reduce((total, next) => tf.maximum(total, next));
}

function ofNothing({ tensors, perUnit }: Scope, value: number): tf.Tensor {
  // Without a type, older versions pass none on, and their wasm backend stops.
  return tf.fill(perUnit ? [tensors[0]?.shape.at(-1) ?? 0] : [], value, 'float32');
}

function keepNaN(a: tf.Tensor, otherwise: tf.Tensor): tf.Tensor {
  return tf.where(isNaN(a), NaN, otherwise);
}

function asNumbers(scope: Scope): Scope {
  return { ...scope, tensors: scope.tensors.map((tensor) => tf.cast(tensor, 'float32')) };
}

/** Entries are divided by the largest one first, so that in float32 no power overflows or vanishes. */
function normOf(scope: Scope, order: number): tf.Tensor {
  const sizes = { ...scope, tensors: scope.tensors.map((tensor) => tf.abs(tensor)) };
  if (order === 1) return sumOf(sizes);
  if (order === Infinity) return maxOf(sizes, 0);
  const largest = largestOf(sizes, 0);
  const isUsable = tf.logicalAnd(tf.greater(largest, 0), isFinite(largest));
  const unit = tf.where(isUsable, largest, 1);
  const shares = sizes.tensors.map((tensor) => tf.div(tensor, unit));
  if (order === 2) {
    return tf.mul(unit, tf.sqrt(sumOf({ ...scope, tensors: shares.map((share) => tf.square(share)) })));
  }
  const total = sumOf({ ...scope, tensors: shares.map((share) => tf.pow(share, order)) });
  return tf.mul(unit, tf.pow(total, 1 / order));
}
