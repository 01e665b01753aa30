import { sgd } from '@gradkit/optimizers';
import { toOptimizer } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { cpu, type CpuOptions } from './cpu.ts';
import { cpuBackend } from './cpuBackend.ts';

const opened: tf.Optimizer[] = [];
function stepper(options: CpuOptions = {}): tf.Optimizer {
  const optimizer = toOptimizer(sgd({ learningRate: 1 }), { binding: cpu(options) });
  opened.push(optimizer);
  return optimizer;
}
const variable = (): tf.Variable => tf.variable(tf.tensor1d([1, 2]), true, 'v');
const one = (): tf.Tensor => tf.tensor1d([1, 1]);

/** How large the memory is that a variable lies in. */
function bytesAround({ dataId }: tf.Variable): number {
  const { values } = cpuBackend().data.get(dataId);
  return values instanceof Float32Array ? values.buffer.byteLength : NaN;
}

beforeAll(async () => void (await tf.setBackend('cpu')));

afterEach(() => {
  for (const optimizer of opened.splice(0)) optimizer.dispose();
  tf.disposeVariables();
});

test('arrays that dataSync gave keep their values over later steps', () => {
  for (const options of [{}, { fresh: true }]) {
    const v = variable();
    const optimizer = stepper(options);
    const kept = [0, 1, 2].map(() => {
      optimizer.applyGradients({ v: one() });
      return v.dataSync();
    });
    optimizer.applyGradients({ v: one() });
    expect(kept.map((array) => Array.from(array))).toEqual([
      [0, 1],
      [-1, 0],
      [-2, -1],
    ]);
    expect(Array.from(v.dataSync())).toEqual([-3, -2]);
    // All of the engine's memory would be written down with it.
    expect(v.dataSync().buffer.byteLength).toBe(8);
    v.dispose();
  }
});

test('an array of a clone, a slice or a buffer keeps its values too', () => {
  const v = variable();
  const optimizer = stepper();
  optimizer.applyGradients({ v: one() });
  const [clone, slice] = [tf.clone(v), tf.slice(v, [1], [1])];
  const arrays = [clone.dataSync(), slice.dataSync(), v.bufferSync().values];
  optimizer.applyGradients({ v: one() });
  expect(arrays.map((array) => Array.from(array))).toEqual([[0, 1], [1], [0, 1]]);
  expect(Array.from(v.dataSync())).toEqual([-1, 0]);
});

test('a kernel that looks into a variable, as that of an embedding does, leaves it where a step writes to it', () => {
  const v = variable();
  const optimizer = stepper();
  optimizer.applyGradients({ v: one() });
  expect(Array.from(tf.gather(v, tf.tensor1d([1], 'int32')).dataSync())).toEqual([1]);
  expect(bytesAround(v)).toBeGreaterThan(65_535);
  expect(Array.from(v.dataSync())).toEqual([0, 1]);
  expect(bytesAround(v)).toBe(8);
  optimizer.applyGradients({ v: one() });
  expect(bytesAround(v)).toBeGreaterThan(65_535);
});

test('what is written to the array of dataSync is taken up, as TensorFlow.js does', () => {
  for (const options of [{}, { fresh: true }]) {
    const v = variable();
    const optimizer = stepper(options);
    optimizer.applyGradients({ v: one() });
    v.dataSync()[0] = 10;
    optimizer.applyGradients({ v: one() });
    expect(Array.from(v.dataSync())).toEqual([9, 0]);
    v.dispose();
  }
});

test('an array that data gave keeps its values, and what is written to it before the next step is taken up', async () => {
  const v = variable();
  const optimizer = stepper();
  optimizer.applyGradients({ v: one() });
  const array = await v.data();
  array[0] = 10;
  optimizer.applyGradients({ v: one() });
  array[0] = 20;
  optimizer.applyGradients({ v: one() });
  expect([Array.from(array), Array.from(v.dataSync())]).toEqual([
    [20, 1],
    [8, -1],
  ]);
});

test('a step writes to the variable where it lies', () => {
  const v = variable();
  const optimizer = stepper();
  optimizer.applyGradients({ v: one() });
  const { dataId } = v;
  const array = cpuBackend().data.get(dataId).values;
  optimizer.applyGradients({ v: one() });
  expect(v.dataId).toBe(dataId);
  expect(cpuBackend().data.get(dataId).values).toBe(array);
});

test('the engine keeps none of the memory of a disposed optimizer', () => {
  const v = variable();
  const optimizer = stepper();
  optimizer.applyGradients({ v: one() });
  expect(bytesAround(v)).toBeGreaterThan(65_535);
  optimizer.dispose();
  expect(bytesAround(v)).toBe(8);
});

test('the backend is left as it was when the last optimizer is disposed', () => {
  const backend = tf.backend();
  const v = variable();
  const [first, second] = [stepper(), stepper()];
  first.applyGradients({ v: one() });
  second.applyGradients({ v: one() });
  first.dispose();
  const wrapped = ['read', 'readSync', 'bufferSync'];
  expect(wrapped.map((name) => Object.hasOwn(backend, name))).toEqual([true, true, true]);
  second.dispose();
  expect(wrapped.map((name) => Object.hasOwn(backend, name))).toEqual([false, false, false]);
  expect(Array.from(v.dataSync())).toEqual([-1, 0]);
});

test('thousands of slices between two steps gather nothing and change nothing', () => {
  const v = variable();
  const optimizer = stepper();
  optimizer.applyGradients({ v: one() });
  const held = tf.slice(v, [0], [1]);
  for (let count = 0; count < 5_000; count++) tf.dispose(tf.slice(v, [1], [1]));
  optimizer.applyGradients({ v: one() });
  expect([Array.from(held.dataSync()), Array.from(v.dataSync())]).toEqual([[0], [-1, 0]]);
});

test('an option that it does not have, or that is no truth value, is refused', () => {
  expect(() => Reflect.apply(cpu, undefined, [{ frsh: true }])).toThrow('fresh');
  expect(() => Reflect.apply(cpu, undefined, [{ fresh: 1 }])).toThrow('true or false');
});
