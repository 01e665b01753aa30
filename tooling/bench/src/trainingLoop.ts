import * as tf from '@tensorflow/tfjs-core';
import type { Contestant } from './contestant.ts';
import { activateBackend, tfjsVersion } from './tfjsBackend.ts';
import { tfjsStart } from './tfjsStart.ts';
import { missingTfjsNode } from './tfjsNode.ts';
import type { UpdateTask } from './updateTask.ts';

/** What is done with the gradients of each step. */
export interface LoopOptimizer {
  apply(gradients: tf.NamedTensorMap): void;
  dispose(): void;
}

/**
 * An optimizer inside a training loop on tfjs-node: gradients are computed anew at each step and disposed after it, as in training, and
 * only the time between is counted. The loss is linear, so that the gradients are those of the task.
 */
export function inTrainingLoop(
  { name, label }: { name: string; label: string },
  open: (task: UpdateTask, variables: readonly tf.Variable[]) => LoopOptimizer,
): Contestant<UpdateTask> {
  return {
    name,
    label,
    missing: missingTfjsNode,
    version: async () => tfjsVersion('tensorflow'),
    open: async (task) => {
      await activateBackend('tensorflow');
      const { variables, gradients, read, dispose } = tfjsStart(task);
      const loss = (): tf.Scalar =>
        tf.addN(variables.map((one) => tf.sum(tf.mul(one, gradients[one.name] ?? 0))));
      const optimizer = open(task, variables);
      return {
        activate: () => activateBackend('tensorflow'),
        run: async (steps) => {
          let milliseconds = 0;
          for (let count = 0; count < steps; count++) {
            const { value, grads } = tf.variableGrads(loss, [...variables]);
            const start = performance.now();
            optimizer.apply(grads);
            milliseconds += performance.now() - start;
            tf.dispose([value, grads]);
          }
          return milliseconds;
        },
        parameters: read,
        dispose: async () => {
          optimizer.dispose();
          dispose();
        },
      };
    },
  };
}
