import { toOptimizer } from '@gradkit/tfjs';
import { node } from '@gradkit/tfjs-node';
import * as tf from '@tensorflow/tfjs-core';
import {
  charTransformer,
  charTransformerSize,
  charTransformerTree,
  type TransformerTask,
} from './charTransformer.ts';
import { charTransformerLoss } from './charTransformerLoss.ts';
import { clipByTfOperations } from './clipByTfOperations.ts';
import { localSession, type Contestant } from './contestant.ts';
import { pytorch } from './pytorch.ts';
import { hold, type Scenario } from './scenario.ts';
import { activateBackend, tfjsVersion } from './tfjsBackend.ts';
import { missingTfjsNode } from './tfjsNode.ts';
import type { LoopOptimizer } from './trainingLoop.ts';
import { transforms } from './transforms.ts';
import { startOf, usualSettings } from './updateTask.ts';

let netCount = 0;

function training(
  { name, label }: { name: string; label: string },
  makeOptimizer: (task: TransformerTask) => LoopOptimizer,
): Contestant<TransformerTask> {
  return {
    name,
    label,
    missing: missingTfjsNode,
    version: async () => tfjsVersion('tensorflow'),
    open: async (task) => {
      await activateBackend('tensorflow');
      const prefix = `transformer${netCount++}`;
      const { parameters } = startOf({ tree: charTransformerTree });
      const variables = charTransformerTree.leaves.map(({ name: leaf, shape }, index) =>
        tf.tidy(() => {
          const values = parameters[index]?.map((value) => value * charTransformer.scale) ?? [];
          return tf.variable(tf.tensor(values, [...shape], 'float32'), true, `${prefix}/${leaf}`);
        }),
      );
      const { loss, dispose } = charTransformerLoss(variables);
      const optimizer = makeOptimizer(task);
      return localSession({
        activate: () => activateBackend('tensorflow'),
        step: () => {
          const { value, grads } = tf.variableGrads(loss, variables);
          optimizer.apply(grads);
          tf.dispose([value, grads]);
        },
        parameters: () => Promise.all(variables.map(async (one) => Float32Array.from(await one.data()))),
        dispose: () => {
          optimizer.dispose();
          dispose();
          tf.dispose(variables);
        },
      });
    },
  };
}

const gradkit = training({ name: 'gradkit-tfjs-node', label: 'Gradkit on tfjs-node' }, ({ settings }) => {
  const optimizer = toOptimizer(transforms['clip + Adam'](settings), { binding: node() });
  return {
    apply: (gradients) => optimizer.applyGradients(gradients),
    dispose: () => optimizer.dispose(),
  };
});

const asWritten = training(
  { name: 'tfjs-node', label: 'tfjs-node: tf ops + tf.train.adam' },
  ({ settings: { maxNorm, learningRate, beta1, beta2, epsilon } }) => {
    const optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);
    return {
      apply: (gradients) => tf.tidy(() => optimizer.applyGradients(clipByTfOperations(gradients, maxNorm))),
      dispose: () => optimizer.dispose(),
    };
  },
);

/** What a step takes without an optimizer: forward and backward. */
const withoutOptimizer = training(
  { name: 'tfjs-node-gradients', label: 'tfjs-node: forward and backward alone' },
  () => ({ apply: () => undefined, dispose: () => undefined }),
);

/** Everybody who trains the transformer. */
export const transformerContestants: readonly Contestant<TransformerTask>[] = [
  gradkit,
  asWritten,
  pytorch(1),
  pytorch(0),
];

const title = `A whole training step of a character transformer (${(charTransformerSize / 1e6).toFixed(1)} million parameters), ${charTransformer.rows} rows of ${charTransformer.context}`;

/** Forward, backward, clip and Adam of a transformer. */
export const transformerTraining: Scenario = {
  name: 'transformer-training',
  title,
  run: async (bench) => ({
    name: 'transformer-training',
    title,
    points: [
      await hold(bench, {
        name: 'character transformer, one training step',
        task: { kind: 'transformer', settings: usualSettings },
        contestants: [...transformerContestants, withoutOptimizer],
        parameters: charTransformerSize,
        leaves: charTransformerTree.leaves.length,
      }),
    ],
  }),
};
