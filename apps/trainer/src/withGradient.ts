import * as tf from '@tensorflow/tfjs';

/** An operation's result and the way back through it. */
export interface Differentiable {
  readonly value: tf.Tensor;
  /** What the way back needs of the way forth; other tensors may be gone by then. */
  readonly saved: readonly tf.Tensor[];
  /** The gradient for each input, from that of the value. */
  gradient(upstream: tf.Tensor, saved: readonly tf.Tensor[]): tf.Tensor[];
}

/** Runs an operation whose gradient is written by hand, so that nothing inside of it is recorded. */
export function withGradient(inputs: readonly tf.Tensor[], run: () => Differentiable): tf.Tensor {
  const operation = tf.customGrad((...given) => {
    const save = given.at(-1);
    const { value, saved, gradient } = run();
    if (typeof save === 'function') save([...saved]);
    return { value, gradFunc: gradient };
  });
  return operation(...inputs);
}
