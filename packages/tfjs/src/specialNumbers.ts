import * as tf from '@tensorflow/tfjs-core';

const largestFloat32 = 3.4028234663852886e38;

/** Where an entry is NaN, on every backend. */
export function isNaN(tensor: tf.Tensor): tf.Tensor {
  return hasKernel('IsNan') ? tf.isNaN(tensor) : tf.notEqual(tensor, tensor);
}

/** Where an entry is infinite, on every backend. */
export function isInf(tensor: tf.Tensor): tf.Tensor {
  return hasKernel('IsInf') ? tf.isInf(tensor) : tf.equal(tf.abs(tensor), Infinity);
}

/** Where an entry is neither NaN nor infinite, on every backend. */
export function isFinite(tensor: tf.Tensor): tf.Tensor {
  // No comparison with NaN is true.
  return hasKernel('IsFinite') ? tf.isFinite(tensor) : tf.lessEqual(tf.abs(tensor), largestFloat32);
}

/** The wasm backend has these kernels from 4.6 on; where there is one, it is right also on a GPU, whose compiler may drop a comparison. */
function hasKernel(name: string): boolean {
  return Boolean(tf.getKernel(name, tf.getBackend()));
}
