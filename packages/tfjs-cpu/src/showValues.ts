import * as tf from '@tensorflow/tfjs-core';
import type { CpuBackend } from './cpuBackend.ts';

/** Lets a variable have its values in an array from now on; what shares its data keeps the old one. */
export function showValues(variable: tf.Variable, values: Float32Array, { data }: CpuBackend): void {
  const entry = data.get(variable.dataId);
  // The data of a cast tensor is still that of its integers.
  if (entry.refCount === 1 && entry.dtype === 'float32') {
    entry.values = values;
    return;
  }
  const tensor = tf.tensor(values, variable.shape, 'float32');
  variable.assign(tensor);
  tensor.dispose();
}
