import { broadcastExpression, type Expression } from './expression.ts';
import type { LeafSpec } from './gradientTransform.ts';
import type { Operation } from './operation.ts';
import { noGroup, type DType, type Kind, type SymbolicTensor } from './symbolicTensor.ts';

/** One operation of a program; `inputs` are the numbers of earlier nodes. */
export interface ProgramNode {
  readonly operation: Operation;
  readonly inputs: readonly number[];
  readonly kind: Kind;
  readonly dtype: DType;
  /** The group of leaves that it is over; `noGroup` for a scalar or a vector. */
  readonly group: number;
  /** How many numbers a vector has; 1 for everything else. */
  readonly length: number;
}

/** A place in memory where a transform keeps state from step to step. */
export interface SlotSpec {
  /** `path/slot`. */
  readonly name: string;
  readonly kind: Kind;
  /** The leaves that have a value, by number; none for a scalar or a vector. */
  readonly leaves: readonly number[];
  /** How many numbers a vector has; 1 for everything else. */
  readonly length: number;
}

/** A value that a program hands over for one group. */
export interface Output {
  readonly group: number;
  readonly node: number;
}

/**
 * What one step computes: operations in an order in which each comes after its inputs, and where the results go. Its size does
 * not depend on the number of leaves: a group of leaves is one symbol.
 */
export interface Program {
  readonly name: string;
  readonly leaves: readonly LeafSpec[];
  /** The leaves of each group, by number. Every leaf is in one group. */
  readonly groups: readonly (readonly number[])[];
  readonly slotSpecs: readonly SlotSpec[];
  readonly nodes: readonly ProgramNode[];
  /** For each node, the path of the transform that it comes from; undefined where no transform asked for it. It changes no number. */
  readonly origins: readonly (string | undefined)[];
  /** The new parameters. A group that is missing takes no step. */
  readonly parameters: readonly Output[];
  /** The transformed updates, where they are asked for instead of being applied. */
  readonly updates: readonly Output[];
  /** Beside `updates`: a truth value for each leaf, where a step can be held on data. */
  readonly holds: readonly Output[];
  /** The new state. A slot that is missing keeps its value. */
  readonly slots: readonly (Output & { readonly slot: string })[];
  readonly reports: readonly { readonly name: string; readonly outputs: readonly Output[] }[];
}

/** Values before they are written down as a program. */
export interface ProgramDraft {
  readonly name: string;
  readonly leaves: readonly LeafSpec[];
  readonly groups: readonly (readonly number[])[];
  readonly slotSpecs: readonly SlotSpec[];
  readonly origins: ReadonlyMap<Expression, string>;
  readonly parameters?: SymbolicTensor;
  readonly updates?: SymbolicTensor;
  readonly holds?: SymbolicTensor;
  readonly slots: readonly { readonly slot: string; readonly value: SymbolicTensor }[];
  readonly reports: ReadonlyMap<string, SymbolicTensor>;
}

/** Writes expressions down as a program: each distinct value once, nothing that no output needs. */
export function writeProgram(draft: ProgramDraft): Program {
  const writer = nodeWriter(draft.origins);
  const outputsOf = (value: SymbolicTensor | undefined): Output[] =>
    value === undefined
      ? []
      : Array.from(value.pieces, ([group, piece]) => ({
          group,
          node: writer.write(
            broadcastExpression(piece, { kind: value.__symbolic.kind, group, length: piece.length }),
          ),
        }));
  const outputs = {
    updates: outputsOf(draft.updates),
    parameters: outputsOf(draft.parameters),
    holds: outputsOf(draft.holds),
    slots: draft.slots.flatMap(({ slot, value }) => outputsOf(value).map((output) => ({ slot, ...output }))),
    reports: Array.from(draft.reports, ([name, value]) => ({ name, outputs: outputsOf(value) })),
  };
  const { name, leaves, groups, slotSpecs } = draft;
  return { name, leaves, groups, slotSpecs, nodes: writer.nodes, origins: writer.origins, ...outputs };
}

/** How many numbers a value of some kind has in one leaf. */
export function sizeInLeaf(kind: Kind, shape: readonly number[]): number {
  if (kind === 'leaf') return sizeOfShape(shape);
  return kind === 'unit' ? unitCount(shape) : 1;
}

/** The number of entries of a shape; 1 for a scalar. */
export function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * The number of units of a shape: the length of its last axis, which holds the outputs in TensorFlow.js's layouts, or 1 for a
 * shape with at most one axis longer than 1.
 */
export function unitCount(shape: readonly number[]): number {
  const longAxes = shape.filter((length) => length !== 1).length;
  return longAxes <= 1 ? 1 : (shape.at(-1) ?? 1);
}

function nodeWriter(known: ProgramDraft['origins']): {
  nodes: ProgramNode[];
  origins: (string | undefined)[];
  write(expression: Expression): number;
} {
  const nodes: ProgramNode[] = [];
  const origins: (string | undefined)[] = [];
  const byKey = new Map<string, number>();
  const byExpression = new Map<Expression, number>();

  const place = (expression: Expression): number => {
    const inputs = expression.inputs.map((input) => byExpression.get(input) ?? noGroup);
    const { operation, kind, dtype, group, length } = expression;
    const key = [operationKey(operation), kind, dtype, group, length, ...inputs].join(' ');
    const written = byKey.get(key);
    if (written !== undefined) return written;
    nodes.push({ operation, inputs, kind, dtype, group, length });
    origins.push(known.get(expression));
    byKey.set(key, nodes.length - 1);
    return nodes.length - 1;
  };

  // A stack of its own, because a long chain is deeper than JavaScript's.
  const write = (root: Expression): number => {
    const stack = [root];
    for (;;) {
      const expression = stack.at(-1);
      if (expression === undefined) return byExpression.get(root) ?? noGroup;
      const missing = byExpression.has(expression)
        ? []
        : expression.inputs.filter((input) => !byExpression.has(input));
      if (missing.length > 0) {
        stack.push(...missing.toReversed());
        continue;
      }
      stack.pop();
      if (!byExpression.has(expression)) byExpression.set(expression, place(expression));
    }
  };
  return { nodes, origins, write };
}

function operationKey(operation: Operation): string {
  if (operation.op === 'constant' && Object.is(operation.value, -0)) return 'constant -0';
  if (operation.op === 'constant') return `constant ${operation.value}`;
  return JSON.stringify(operation, (_, value: unknown) => (value === Infinity ? 'Infinity' : value));
}
