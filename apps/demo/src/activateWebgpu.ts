import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import type { ActiveBackend } from './backends.ts';

/** Loads TensorFlow.js's WebGPU backend. */
export async function activateWebgpu(): Promise<ActiveBackend> {
  const { gpu } = navigator;
  if (!gpu) throw new Error('this browser has no WebGPU');
  if ((await gpu.requestAdapter()) === null) throw new Error('this machine has no adapter for WebGPU');
  if (!(await tf.setBackend('webgpu'))) throw new Error('the adapter gave no device');
  return { binding: undefined };
}
