import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain } from '@gradkit/core';
import { requestTestAdapter } from '@gradkit/gpu';
import { adam } from '@gradkit/optimizers';
import { toOptimizer } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { webgpu } from './webgpu.ts';

const adapter = await requestTestAdapter();

describe.skipIf(adapter === undefined)('on TensorFlow.js with WebGPU', () => {
  beforeAll(async () => {
    await import('@tensorflow/tfjs-backend-webgpu');
    await tf.setBackend('webgpu');
    expect(tf.getBackend()).toBe('webgpu');
  });

  test('model.fit trains SimpleNet as it does operation by operation on the CPU', async () => {
    const losses = async (backend: string): Promise<number[]> => {
      await tf.setBackend(backend);
      const model = tf.sequential({
        layers: [
          tf.layers.dense({ units: 5, inputShape: [10], activation: 'relu', kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }) }),
          tf.layers.dense({ units: 2, kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
        ],
      });
      const transform = chain(clipByGlobalNorm({ maxNorm: 0.1 }), adam({ learningRate: 0.01 }));
      model.compile({
        optimizer: backend === 'webgpu' ? toOptimizer(transform, { binding: webgpu() }) : toOptimizer(transform),
        loss: 'meanSquaredError',
      });
      const x = tf.tensor2d(Array.from({ length: 320 }, (_, index) => Math.sin(index)), [32, 10]);
      const y = tf.tensor2d(Array.from({ length: 64 }, (_, index) => Math.cos(index)), [32, 2]);
      const { history } = await model.fit(x, y, { epochs: 10, batchSize: 16, shuffle: false, verbose: 0 });
      return (history['loss'] ?? []).map(Number);
    };
    const onGpu = await losses('webgpu');
    const onCpu = await losses('cpu');
    await tf.setBackend('webgpu');
    expect(onGpu).toHaveLength(10);
    expect(onGpu[9]).toBeLessThan(onGpu[0] ?? 0);
    onGpu.forEach((loss, epoch) => expect(Math.abs(loss / (onCpu[epoch] ?? NaN) - 1)).toBeLessThan(1e-4));
  });
});
