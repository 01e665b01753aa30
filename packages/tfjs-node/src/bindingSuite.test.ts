import { bindingSuite } from '@gradkit/conformance/bindings';
import { useNativeInTests } from '@gradkit/libtensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { describe } from 'vitest';
import { node } from './node.ts';

describe.skipIf(!useNativeInTests())('tfjs-node', () => {
  bindingSuite({
    name: 'node()',
    backend: 'tensorflow',
    create: () => node(),
    prepare: async () => {
      await import('@tensorflow/tfjs-node');
      await tf.setBackend('tensorflow');
    },
  });
});
