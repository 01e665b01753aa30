import { conformanceSuite } from '@gradkit/conformance';
import { tfjsSubject } from '@gradkit/conformance/tfjsSubject';
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

  conformanceSuite({
    name: 'node()',
    create: (transform, params) => tfjsSubject(transform, params, withNativeGradients(node())),
    skip: [
      {
        reason: 'TensorFlow.js keeps its variables in a plain object, which cannot hold one called __proto__',
        cases: ['names: *__proto__*'],
      },
    ],
  });
});
