import { sizeOfShape, type AnyTransform, type NamedGradients } from '@gradkit/core';

/** Parameters by name, with their shapes. */
export type Tree = Readonly<
  Record<string, { readonly values: Float32Array; readonly shape: readonly number[] }>
>;

/** One thing that every engine must compute as the reference does. */
export interface ConformanceCase {
  /** Stable: skip lists refer to it. */
  readonly name: string;
  transform(): AnyTransform;
  readonly params: Tree;
  /** The gradients of each step. */
  readonly steps: readonly NamedGradients[];
  /** After which steps, by number, what is gathered is flushed. Default: none. */
  readonly flushAfter?: readonly number[];
  /** The relative error that is allowed; 0 asks for the same bits. */
  readonly tolerance: number;
}

/** Leaves of given shapes, whose entries come from one list that is gone through again and again. */
export function treeOf(
  shapes: Readonly<Record<string, readonly number[]>>,
  entries: readonly number[],
): Tree {
  let next = 0;
  const leaves = Object.entries(shapes).map(([name, shape]): [string, Tree[string]] => {
    const values = Float32Array.from(
      { length: sizeOfShape(shape) },
      () => entries[next++ % entries.length] ?? 0,
    );
    return [name, { values, shape }];
  });
  return Object.fromEntries(leaves);
}

/** A tree's values as gradients. */
export function gradientsOf(tree: Tree): NamedGradients {
  return Object.fromEntries(Object.entries(tree).map(([name, { values }]) => [name, values]));
}
