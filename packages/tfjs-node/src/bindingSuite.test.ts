import { bindingSuite } from '@gradkit/conformance/bindings';
import { useNativeInTests } from '@gradkit/libtensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { describe } from 'vitest';
import { node } from './node.ts';

const isThere = useNativeInTests();
if (isThere) await import('@tensorflow/tfjs-node');

describe.skipIf(!isThere)('tfjs-node', () => {
  bindingSuite({
    name: 'node()',
    backend: 'tensorflow',
    create: () => node(),
    prepare: async () => void (await tf.setBackend('tensorflow')),
    // Older versions do not have it.
    missingKernels: ['Einsum'].filter((kernel) => !tf.getKernel(kernel, 'tensorflow')),
  });
});
