import * as tf from '@tensorflow/tfjs-core';
import { startOf, type UpdateTask } from './updateTask.ts';

/** The variables and gradients of a task, on the active backend. */
export interface TfjsStart {
  readonly variables: readonly tf.Variable[];
  /** By the variables' names, as `tf.variableGrads` gives them. */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
  read(): Promise<Float32Array[]>;
  dispose(): void;
}

let taskCount = 0;

/** Puts a task on the active backend. tfjs-backend-wasm's memory ends at 2 GB. */
export function tfjsStart(task: UpdateTask): TfjsStart {
  const { tree } = task;
  const { parameters, gradients } = startOf(task);
  const prefix = `task${taskCount++}`;
  const shapeOf = (leaf: number): number[] => [...(tree.leaves[leaf]?.shape ?? [])];
  const variables = parameters.map((values, leaf) => {
    const initial = tf.tensor(values, shapeOf(leaf));
    const variable = tf.variable(initial, true, `${prefix}/${leaf}`);
    initial.dispose();
    return variable;
  });
  const named = Object.fromEntries(
    gradients.map((values, leaf) => [`${prefix}/${leaf}`, tf.tensor(values, shapeOf(leaf))]),
  );
  return {
    variables,
    gradients: named,
    read: async () =>
      Promise.all(variables.map(async (variable) => Float32Array.from(await variable.data()))),
    dispose: () => tf.dispose([...variables, ...Object.values(named)]),
  };
}
