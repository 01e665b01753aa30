import * as tf from '@tensorflow/tfjs-core';
import { recurrentSizes } from './recurrentTask.ts';
import type { TaskName } from './task.ts';

/** The mean squared error of a net on a batch; called inside `tf.tidy`. */
export type TaskLoss = (
  variables: Readonly<Record<string, tf.Variable>>,
  inputs: tf.Tensor,
  targets: tf.Tensor,
) => tf.Tensor;

/** What each task's net computes. */
export const taskLosses: Readonly<Record<TaskName, TaskLoss>> = { recurrent, simple };

function recurrent(
  { input, recurrent: weights, bias, output, outputBias }: Readonly<Record<string, tf.Variable>>,
  inputs: tf.Tensor,
  targets: tf.Tensor,
): tf.Tensor {
  if (!input || !weights || !bias || !output || !outputBias) throw new Error('A weight is missing.');
  const { steps, batchSize, hidden } = recurrentSizes;
  const fromInputs = tf.unstack(
    tf.reshape(tf.add(tf.matMul(inputs, input), bias), [steps, batchSize, hidden]),
  );
  let state: tf.Tensor = tf.zeros([batchSize, hidden]);
  const states = fromInputs.map((fromInput) => {
    state = tf.add(fromInput, tf.matMul(state, weights));
    return state;
  });
  return meanSquaredError(tf.add(tf.matMul(tf.concat(states), output), outputBias), targets);
}

function simple(
  { kernel1, bias1, kernel2, bias2 }: Readonly<Record<string, tf.Variable>>,
  inputs: tf.Tensor,
  targets: tf.Tensor,
): tf.Tensor {
  if (!kernel1 || !bias1 || !kernel2 || !bias2) throw new Error('A weight is missing.');
  const hiddenUnits = tf.relu(tf.add(tf.matMul(inputs, kernel1), bias1));
  return meanSquaredError(tf.add(tf.matMul(hiddenUnits, kernel2), bias2), targets);
}

function meanSquaredError(outputs: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return tf.mean(tf.square(tf.sub(outputs, targets)));
}
