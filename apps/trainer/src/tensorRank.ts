import type * as tf from '@tensorflow/tfjs';

/** The tensor as one of two axes, which its type forgot. */
export function as2D(tensor: tf.Tensor): tf.Tensor2D {
  const [rows = 0, columns = 0] = tensor.shape;
  return tensor.as2D(rows, columns);
}

/** The tensor as one of three axes. */
export function as3D(tensor: tf.Tensor, [a, b, c]: readonly [number, number, number]): tf.Tensor3D {
  return tensor.as3D(a, b, c);
}
