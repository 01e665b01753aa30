import * as tf from '@tensorflow/tfjs-core';
import { clipByTfOperations } from './clipByTfOperations.ts';
import { localSession, type Contestant } from './contestant.ts';
import { activateBackend, tfjsVersion, tooLargeForBackend, type TfjsBackend } from './tfjsBackend.ts';
import { tfjsStart } from './tfjsStart.ts';
import type { UpdateTask } from './updateTask.ts';

/** TensorFlow.js as its users write it: a clip of tf operations and `tf.train.adam`, in `tf.tidy`. */
export function tfjsAsWritten(backend: TfjsBackend): Contestant<UpdateTask> {
  return {
    name: `tfjs-${backend}`,
    label: `tfjs on ${backend}: tf ops + tf.train.adam`,
    version: async () => tfjsVersion(backend),
    tooLarge: tooLargeForBackend(backend),
    open: async (task) => {
      await activateBackend(backend);
      const { maxNorm, learningRate, beta1, beta2, epsilon } = task.settings;
      const { gradients, read, dispose } = tfjsStart(task);
      const optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);
      return localSession({
        activate: () => activateBackend(backend),
        step: () => tf.tidy(() => optimizer.applyGradients(clipByTfOperations(gradients, maxNorm))),
        parameters: read,
        dispose: () => {
          optimizer.dispose();
          dispose();
        },
      });
    },
  };
}
