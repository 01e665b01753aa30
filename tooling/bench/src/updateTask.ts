import { sizeOfShape } from '@gradkit/core';
import { parameterCount, type ParameterTree } from './parameterTree.ts';
import type { TransformName } from './transforms.ts';
import { uniformValues } from './uniformValues.ts';

/** Steps of a clip and an optimizer over given gradients, which stay the same from step to step. */
export interface UpdateTask {
  readonly kind: 'update';
  readonly tree: ParameterTree;
  /** What is done to the gradients. Peers know `clip + Adam` only. */
  readonly transform: TransformName;
  readonly settings: Settings;
  /** Where in the endless row of random numbers the parameters and gradients begin. Default: 0. */
  readonly start?: number;
}

/** The numbers of clip + Adam, for every contestant. */
export interface Settings {
  readonly maxNorm: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** What is measured. */
export const usualSettings: Settings = {
  maxNorm: 1,
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
};

/** Clip by global norm and Adam over a tree. */
export function clipAdamTask(tree: ParameterTree, settings: Settings = usualSettings): UpdateTask {
  return { kind: 'update', tree, transform: 'clip + Adam', settings };
}

/** The first parameters and the gradients of a task, leaf by leaf; gradients are uniform in [-1, 1), so that a norm of 1 clips. */
export function startOf({ tree, start = 0 }: Pick<UpdateTask, 'tree' | 'start'>): {
  parameters: Float32Array[];
  gradients: Float32Array[];
} {
  const starts: number[] = [];
  let next = 0;
  for (const { shape } of tree.leaves) {
    starts.push(next);
    next += sizeOfShape(shape);
  }
  const from = (offset: number): Float32Array[] =>
    tree.leaves.map(({ shape }, leaf) =>
      uniformValues(sizeOfShape(shape), start + offset + (starts[leaf] ?? 0)),
    );
  return { parameters: from(0), gradients: from(parameterCount(tree)) };
}
