import * as tf from '@tensorflow/tfjs';

/** The mean over the rows of minus the logarithm of the chance that `logits` give to the wanted class. */
export function crossEntropy(logits: tf.Tensor2D, wanted: tf.Tensor1D): tf.Scalar {
  const [rows, classes] = logits.shape;
  // One-hot and a product, because not every backend can take the gradient of a gather.
  const chosen = tf.mul(tf.oneHot(wanted, classes).toFloat(), tf.logSoftmax(logits));
  return tf.div(tf.sum(chosen), -rows).asScalar();
}

/** The share of the rows whose largest logit is the wanted class. */
export function accuracy(logits: tf.Tensor2D, wanted: tf.Tensor1D): tf.Scalar {
  return tf.mean(tf.equal(tf.argMax(logits, 1), wanted).toFloat()).asScalar();
}
