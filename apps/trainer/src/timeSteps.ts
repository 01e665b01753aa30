import * as tf from '@tensorflow/tfjs';

/**
 * The slices of a tensor along its first axis. It is not recorded: for use inside of a gradient that is written by hand.
 *
 * TensorFlow.js's WebAssembly backend copies the whole tensor for each slice, so that a hundred of them take a second; where the
 * memory is at hand, it is cut up here.
 */
export function timeSteps(tensor: tf.Tensor): tf.Tensor[] {
  if (!['cpu', 'wasm'].includes(tf.getBackend())) return tf.unstack(tensor);
  const [steps = 0, ...shape] = tensor.shape;
  const size = shape.reduce((product, axis) => product * axis, 1);
  const values = tensor.dataSync<'float32'>();
  // Copies, because the CPU backend would keep the view and with it the whole tensor.
  return Array.from({ length: steps }, (_, step) =>
    tf.tensor(values.slice(step * size, (step + 1) * size), shape),
  );
}

/** Tensors of one shape with a first axis to tell them apart. */
export function fromTimeSteps(steps: readonly tf.Tensor[]): tf.Tensor {
  const shape = steps[0]?.shape ?? [];
  // One row after the other: faster than tf.stack on the WebAssembly backend.
  return tf.reshape(tf.concat([...steps], 0), [steps.length, ...shape]);
}
