import { lookahead } from '@gradkit/core';
import { sgd } from '@gradkit/optimizers';
import { toOptimizer } from '@gradkit/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { wasm } from './wasm.ts';

beforeAll(() =>
  setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')))}/`),
);

test('variables that come from another backend, and make the memory grow as they come, begin with their values', async () => {
  await tf.setBackend('cpu');
  const a = tf.variable(tf.fill([4], 8, 'float32'), true, 'a');
  tf.variable(tf.fill([5_000_000], 8, 'float32'), true, 'b');
  await tf.setBackend('wasm');
  const optimizer = toOptimizer(lookahead(sgd({ learningRate: 1 }), { every: 2, slowStepSize: 0.5 }), {
    binding: wasm(),
  });
  const gradients = { a: tf.ones([4]), b: tf.ones([5_000_000]) };
  optimizer.applyGradients(gradients);
  optimizer.applyGradients(gradients);
  // Half of the way from 8 to 6.
  expect(a.dataSync()[0]).toBe(7);
});
