import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain } from '@gradkit/core';
import { adam } from '@gradkit/optimizers';
import { toOptimizer, type Binding } from '@gradkit/tfjs';
import { wasm } from '@gradkit/tfjs-wasm';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, test } from 'vitest';

beforeAll(async () => {
  // vitest.config.ts serves the backend's folder there.
  setWasmPaths(`${location.origin}/`);
  // The test runner gives pages a `process`, so that TensorFlow.js takes them for Node, where it has no threads.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
  await tf.setBackend('wasm');
  await tf.ready();
});

/** Thirty steps of a net with a layer that is large enough for several chunks. */
function trained(binding?: Binding): Float32Array[] {
  const uniform = (shape: [number, number], seed: number): tf.Tensor2D =>
    tf.randomUniform(shape, -0.1, 0.1, 'float32', seed);
  const [inputs, targets] = [uniform([8, 300], 1), uniform([8, 2], 2)];
  const hidden = tf.variable(uniform([300, 200], 3), true, 'hidden');
  const output = tf.variable(uniform([200, 2], 4), true, 'output');
  const transform = chain(clipByGlobalNorm({ maxNorm: 0.01 }), adam({ learningRate: 0.01 }));
  const optimizer = toOptimizer(transform, binding && { binding });
  const loss = (): tf.Scalar =>
    tf.losses.meanSquaredError(targets, tf.matMul(tf.relu(tf.matMul(inputs, hidden)), output)).asScalar();
  for (let step = 0; step < 30; step++) optimizer.minimize(loss);
  const values = [hidden, output].map((variable) => Float32Array.from(variable.dataSync()));
  optimizer.dispose();
  tf.dispose([inputs, targets, hidden, output]);
  return values;
}

test('TensorFlow.js runs its threaded build here, in memory that is shared', () => {
  expect(globalThis.crossOriginIsolated).toBe(true);
  const module: unknown = Reflect.get(tf.backend(), 'wasm');
  expect(module).toMatchObject({ wasmMemory: { buffer: expect.any(SharedArrayBuffer) } });
});

test('wasm() trains in the memory that the threads of TensorFlow.js share as it does operation by operation', () => {
  const [bound, defined] = [trained(wasm()), trained()];
  bound.forEach((values, leaf) =>
    values.forEach((value, index) => expect(value).toBeCloseTo(defined[leaf]?.[index] ?? NaN, 4)),
  );
  expect(bound[0]?.some((value) => Math.abs(value) > 0.1)).toBe(true);
});

test('a step writes to the variable, and what was held of it keeps its values', () => {
  const v = tf.variable(tf.tensor1d([1, 2, 3]), true, 'v');
  const optimizer = toOptimizer(chain(clipByGlobalNorm({ maxNorm: 5 }), adam({ learningRate: 1 })), {
    binding: wasm(),
  });
  const held = tf.clone(v);
  optimizer.applyGradients({ v: tf.tensor1d([3, -4, 0]) });
  expect(Array.from(held.dataSync())).toEqual([1, 2, 3]);
  expect(v.dataSync()[0]).toBeCloseTo(0, 5);
  expect(v.dataSync()[1]).toBeCloseTo(3, 5);
  expect(v.dataSync()[2]).toBe(3);
  optimizer.dispose();
});
