import { InvalidOptionError } from '@gradkit/core';
import { requestTestAdapter } from '@gradkit/gpu';
import { sgd } from '@gradkit/optimizers';
import { toOptimizer } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs';
import { expect, test, vi } from 'vitest';
import { registerRaisedWebgpu } from './registerRaisedWebgpu.ts';
import { requireWebgpuBackend } from './tensorBuffers.ts';
import { webgpu } from './webgpu.ts';

const adapter = await requestTestAdapter();

test.skipIf(adapter === undefined)(
  'the backend has as many storage buffers as the adapter, and trains',
  async () => {
    await registerRaisedWebgpu();
    await tf.setBackend('webgpu');
    const { limits, features } = requireWebgpuBackend().device;
    expect(limits.maxStorageBuffersPerShaderStage).toBe(adapter?.limits.maxStorageBuffersPerShaderStage);
    expect(features.has('subgroups')).toBe(adapter?.features.has('subgroups'));
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    toOptimizer(sgd({ learningRate: 1 }), { binding: webgpu({ workgroupSize: 64 }) }).applyGradients({
      w: tf.tensor1d([1, 1]),
    });
    expect(Array.from(await w.data())).toEqual([0, 1]);
  },
);

test('no WebGPU adapter is an error that says what to do', async () => {
  vi.stubGlobal('navigator', {});
  try {
    const made = registerRaisedWebgpu();
    await expect(made).rejects.toThrow(InvalidOptionError);
    await expect(made).rejects.toThrow('Use another backend of TensorFlow.js');
  } finally {
    vi.unstubAllGlobals();
  }
});
