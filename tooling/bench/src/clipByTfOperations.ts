import * as tf from '@tensorflow/tfjs-core';

/** Clips by global norm as users of TensorFlow.js write it today: with tf operations, inside `tf.tidy`. */
export function clipByTfOperations(
  gradients: tf.NamedTensorMap,
  maxNorm: number,
): { name: string; tensor: tf.Tensor }[] {
  const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
  const norm = tf.sqrt(tf.addN(squares));
  const scale = tf.minimum(1, tf.div(maxNorm, norm));
  return Object.entries(gradients).map(([name, gradient]) => ({ name, tensor: tf.mul(gradient, scale) }));
}
