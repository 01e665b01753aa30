import { InvalidOptionError } from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Registers TensorFlow.js's WebGPU backend anew, on a device with the limits that the adapter has instead of those that every adapter
 * has: more storage buffers in a dispatch, so fewer dispatches, larger bindings, and subgroups.
 *
 * Tensors of a WebGPU backend that was there before are gone. Call it before `tf.setBackend('webgpu')`.
 * @throws {InvalidOptionError} where there is no WebGPU adapter.
 * @example await registerRaisedWebgpu(); await tf.setBackend('webgpu');
 */
export async function registerRaisedWebgpu(): Promise<void> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new InvalidOptionError(
      'There is no WebGPU adapter here. Use another backend of TensorFlow.js, or a browser that has WebGPU switched on.',
    );
  }
  const wanted: readonly GPUFeatureName[] = ['timestamp-query', 'bgra8unorm-storage', 'subgroups'];
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
    requiredLimits: {
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  });
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, adapter.info), 3);
}
