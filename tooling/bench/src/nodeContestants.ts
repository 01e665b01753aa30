import { toOptimizer } from '@gradkit/tfjs';
import { node } from '@gradkit/tfjs-node';
import * as tf from '@tensorflow/tfjs-core';
import { clipByTfOperations } from './clipByTfOperations.ts';
import type { Contestant } from './contestant.ts';
import { resourceApplyAdam } from './resourceApplyAdam.ts';
import { inTrainingLoop } from './trainingLoop.ts';
import { transforms } from './transforms.ts';
import type { UpdateTask } from './updateTask.ts';

const gradkit = inTrainingLoop(
  { name: 'gradkit-tfjs-node', label: 'Gradkit on tfjs-node' },
  ({ transform, settings }) => {
    const optimizer = toOptimizer(transforms[transform](settings), { binding: node() });
    return {
      apply: (gradients) => optimizer.applyGradients(gradients),
      dispose: () => optimizer.dispose(),
    };
  },
);

const asWritten = inTrainingLoop(
  { name: 'tfjs-node', label: 'tfjs-node: tf ops + tf.train.adam' },
  ({ settings: { maxNorm, learningRate, beta1, beta2, epsilon } }) => {
    const optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);
    return {
      apply: (gradients) => tf.tidy(() => optimizer.applyGradients(clipByTfOperations(gradients, maxNorm))),
      dispose: () => optimizer.dispose(),
    };
  },
);

const byHand = inTrainingLoop(
  { name: 'resource-apply-adam', label: "tfjs-node: clip + TensorFlow's ResourceApplyAdam, by hand" },
  resourceApplyAdam,
);

/** Those who take optimizer steps inside a training loop on tfjs-node. */
export const nodeUpdates: readonly Contestant<UpdateTask>[] = [gradkit, byHand, asWritten];

/** Those whom the sweep compares. */
export const nodeSweepers: readonly Contestant<UpdateTask>[] = [gradkit, byHand];
