import { InvalidOptionError } from '@gradkit/core';
import type { TensorData } from './cpuBackend.ts';

/** Copies a tensor's numbers, whatever array they lie in. */
export function copyValues({ values }: TensorData, target: Float32Array): void {
  if (!isNumbers(values)) {
    throw new InvalidOptionError(
      'A float32 tensor on the CPU backend of TensorFlow.js has no array of numbers. Make it with tf.tensor(Float32Array.from(values)).',
    );
  }
  target.set(values);
}

function isNumbers(values: unknown): values is ArrayLike<number> {
  return Array.isArray(values) || (ArrayBuffer.isView(values) && 'length' in values);
}
