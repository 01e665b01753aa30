import { registerRaisedWebgpu, webgpu } from '@gradkit/tfjs-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import type { ActiveBackend } from './backends.ts';

/** Loads TensorFlow.js's WebGPU backend, on a device that binds as many buffers at once as the adapter can. */
export async function activateWebgpu({ asked }: { readonly asked: boolean }): Promise<ActiveBackend> {
  const { gpu } = navigator;
  if (!gpu) throw new Error('this browser has no WebGPU');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new Error('this machine has no adapter for WebGPU');
  if (adapter.info.isFallbackAdapter && !asked) {
    const { description, vendor, architecture } = adapter.info;
    throw new Error(`the only adapter, ${description || `${vendor} ${architecture}`}, runs on the CPU`);
  }
  await registerRaisedWebgpu();
  if (!(await tf.setBackend('webgpu'))) throw new Error('the adapter gave no device');
  return { binding: webgpu() };
}
