import type { TensorData } from './cpuBackend.ts';

/** Copies a tensor's numbers, whatever array they lie in. */
export function copyValues({ values }: TensorData, target: Float32Array): void {
  if (!isNumbers(values)) {
    throw new TypeError(
      'TensorFlow.js gave a float32 tensor on its CPU backend that has no array of numbers.',
    );
  }
  target.set(values);
}

function isNumbers(values: unknown): values is ArrayLike<number> {
  return Array.isArray(values) || (ArrayBuffer.isView(values) && 'length' in values);
}
