import { createWasmEngine } from '@gradkit/wasm/binding';
import { bindingFuzz } from '@gradkit/conformance/bindings';
import { useNativeInTests } from '@gradkit/libtensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe } from 'vitest';
import { node } from './node.ts';
import { withNativeGradients } from './withNativeGradients.ts';

describe.skipIf(!useNativeInTests())('tfjs-node', () => {
  beforeAll(async () => {
    await import('@tensorflow/tfjs-node');
    await tf.setBackend('tensorflow');
  });

  bindingFuzz({ create: () => withNativeGradients(node()), engine: createWasmEngine() });
});
