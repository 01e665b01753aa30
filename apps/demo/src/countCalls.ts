import * as tf from '@tensorflow/tfjs-core';

/** What one step asks of the active backend: dispatches to the device on WebGPU, else kernels of TensorFlow.js. */
export async function countCalls(step: () => void): Promise<number> {
  if (tf.getBackend() !== 'webgpu') {
    const profile = await tf.profile(() => step());
    return profile.kernels.length;
  }
  let dispatches = 0;
  const { prototype } = GPUComputePassEncoder;
  const original = prototype.dispatchWorkgroups;
  prototype.dispatchWorkgroups = function counted(...workgroups) {
    dispatches++;
    return original.apply(this, workgroups);
  };
  try {
    step();
  } finally {
    prototype.dispatchWorkgroups = original;
  }
  return dispatches;
}
