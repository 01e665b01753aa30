import { sgd } from '@gradkit/optimizers';
import { toOptimizer } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { cpu, type CpuOptions } from './cpu.ts';

const opened: tf.Optimizer[] = [];
function stepper(options: CpuOptions = {}): tf.Optimizer {
  const optimizer = toOptimizer(sgd({ learningRate: 1 }), { binding: cpu(options) });
  opened.push(optimizer);
  return optimizer;
}
const variable = (): tf.Variable => tf.variable(tf.tensor1d([1, 2]), true, 'v');
const one = (): tf.Tensor => tf.tensor1d([1, 1]);

beforeAll(async () => void (await tf.setBackend('cpu')));

afterEach(() => {
  for (const optimizer of opened.splice(0)) optimizer.dispose();
  tf.disposeVariables();
});

test('an array that dataSync gave shows later steps, unless every step is to give a fresh one', () => {
  const v = variable();
  const live = stepper();
  live.applyGradients({ v: one() });
  const array = v.dataSync();
  live.applyGradients({ v: one() });
  expect(Array.from(array)).toEqual([-1, 0]);
  const fresh = stepper({ fresh: true });
  fresh.applyGradients({ v: one() });
  const kept = v.dataSync();
  fresh.applyGradients({ v: one() });
  expect([Array.from(kept), Array.from(v.dataSync())]).toEqual([
    [-2, -1],
    [-3, -2],
  ]);
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

test('an array that data gave keeps its values', async () => {
  const v = variable();
  const optimizer = stepper();
  optimizer.applyGradients({ v: one() });
  const array = await v.data();
  optimizer.applyGradients({ v: one() });
  expect(Array.from(array)).toEqual([0, 1]);
});

test('a step writes to the variable where it lies', () => {
  const v = variable();
  const optimizer = stepper();
  optimizer.applyGradients({ v: one() });
  const { dataId } = v;
  const array = v.dataSync();
  optimizer.applyGradients({ v: one() });
  expect(v.dataId).toBe(dataId);
  expect(v.dataSync()).toBe(array);
});

test('the engine keeps none of the memory of a disposed optimizer', () => {
  const v = variable();
  const optimizer = stepper();
  optimizer.applyGradients({ v: one() });
  expect(v.dataSync().buffer.byteLength).toBeGreaterThan(65_535);
  optimizer.dispose();
  expect(v.dataSync().buffer.byteLength).toBe(8);
});

test('the backend is left as it was when the last optimizer is disposed', () => {
  const backend = tf.backend();
  const v = variable();
  const [first, second] = [stepper(), stepper()];
  first.applyGradients({ v: one() });
  second.applyGradients({ v: one() });
  first.dispose();
  expect(Object.hasOwn(backend, 'read')).toBe(true);
  second.dispose();
  expect(Object.hasOwn(backend, 'read')).toBe(false);
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
