import { InvalidOptionError } from '@gradkit/core';
import { adam, sgd } from '@gradkit/optimizers';
import { toOptimizer } from '@gradkit/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { isShared } from './heapBlocks.ts';
import { wasm } from './wasm.ts';
import { memoryOf, wasmBackend } from './wasmBackend.ts';

beforeAll(async () => {
  setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')))}/`);
  await tf.setBackend('wasm');
});

afterEach(() => tf.disposeVariables());

const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());
const addressOf = ({ dataId }: tf.Tensor): number => wasmBackend().dataIdMap.get(dataId).memoryOffset;
const heapBytes = (): number => memoryOf(wasmBackend()).buffer.byteLength;

test('a step writes to the variable where it lies', () => {
  const v = tf.variable(tf.tensor1d([1, 2]), true, 'v');
  const optimizer = toOptimizer(sgd({ learningRate: 1 }), { binding: wasm() });
  optimizer.applyGradients({ v: tf.tensor1d([1, 1]) });
  const address = addressOf(v);
  optimizer.applyGradients({ v: tf.tensor1d([1, 1]) });
  expect(addressOf(v)).toBe(address);
  expect(numbers(v)).toEqual([-1, 0]);
  optimizer.dispose();
});

test('training goes on with the same state when the memory has grown between two steps', () => {
  const train = (grow: boolean): number[] => {
    const v = tf.variable(tf.tensor1d([1, 2, 3]), true, 'v');
    const optimizer = toOptimizer(adam({ learningRate: 0.1 }), { binding: wasm() });
    const kept: tf.Tensor[] = [];
    for (let step = 0; step < 3; step++) {
      optimizer.applyGradients({ v: tf.tensor1d([1, -1, step]) });
      if (!grow) continue;
      const before = heapBytes();
      while (heapBytes() === before) kept.push(tf.zeros([1_000_000]));
    }
    const values = numbers(v);
    optimizer.dispose();
    tf.dispose([v, ...kept]);
    return values;
  };
  const wanted = train(false);
  expect(train(true)).toEqual(wanted);
});

test('a hundred optimizers, one after the other, take no more memory than a few', () => {
  tf.variable(tf.zeros([500_000]), true, 'v');
  const gradient = tf.ones([500_000]);
  const use = (): void => {
    const optimizer = toOptimizer(adam({ learningRate: 0.1 }), { binding: wasm() });
    optimizer.applyGradients({ v: gradient });
    optimizer.dispose();
  };
  for (let count = 0; count < 3; count++) use();
  const before = heapBytes();
  for (let count = 0; count < 100; count++) use();
  expect(heapBytes()).toBe(before);
});

test('memory that threads share is told from memory of one', () => {
  const size = { initial: 1, maximum: 1 };
  expect(isShared(new WebAssembly.Memory({ ...size, shared: true }))).toBe(true);
  expect(isShared(new WebAssembly.Memory(size))).toBe(false);
});

test('options are refused, because it has none', () => {
  const make = (): unknown => Reflect.apply(wasm, undefined, [{ threads: 2 }]);
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow('wasm takes no options');
});
