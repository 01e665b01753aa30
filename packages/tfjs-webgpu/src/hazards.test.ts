import { clipByGlobalNorm } from '@gradkit/clip-norm';
import {
  add,
  chain,
  defineTransform,
  InvalidOptionError,
  leafScalar,
  meanOverLeaves,
  meanOverUnit,
  push,
  scalar,
  sum,
  unit,
  vector,
  zerosLike,
} from '@gradkit/core';
import { requestTestAdapter } from '@gradkit/gpu';
import { sgd } from '@gradkit/optimizers';
import { toOptimizer, wrapOptimizer, type GradkitOptimizer, type ToOptimizerOptions } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requireWebgpuBackend } from './tensorBuffers.ts';
import { webgpu } from './webgpu.ts';

const adapter = await requestTestAdapter();
const binding = webgpu({ workgroupSize: 64 });
const descent = (): GradkitOptimizer => toOptimizer(sgd({ learningRate: 1 }), { binding });

async function valuesOf(tensor: tf.Tensor): Promise<number[]> {
  return Array.from(await tensor.data());
}

describe.skipIf(adapter === undefined)('beside what TensorFlow.js does with its buffers', () => {
  beforeAll(async () => {
    await import('@tensorflow/tfjs-backend-webgpu');
    await tf.setBackend('webgpu');
    requireWebgpuBackend();
  });
  afterEach(() => tf.disposeVariables());

  test('gradients whose commands are recorded and not yet submitted are waited for', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const large = tf.ones([64, 64]);
    const gradient = tf.mean(tf.matMul(large, large)).mul(tf.tensor1d([1, 2]));
    descent().applyGradients({ w: gradient });
    expect(await valuesOf(w)).toEqual([1 - 64, 2 - 128]);
  });

  test('two steps without a read between them have each their own learning rate', async () => {
    const w = tf.variable(tf.tensor1d([0]), true, 'w');
    const optimizer = descent();
    optimizer.applyGradients({ w: tf.tensor1d([1]) });
    optimizer.hyperparameters['sgd.learningRate'] = 0.25;
    optimizer.applyGradients({ w: tf.tensor1d([1]) });
    expect(await valuesOf(w)).toEqual([-1.25]);
  });

  test('a variable that was read before the step shows its new numbers after it', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    expect(await valuesOf(w)).toEqual([1, 2]);
    descent().applyGradients({ w: tf.tensor1d([1, 1]) });
    expect(await valuesOf(w)).toEqual([0, 1]);
  });

  test('a clone of a variable keeps its numbers, and so does the tensor that it was made of', async () => {
    const start = tf.tensor1d([1, 2]);
    const w = tf.variable(start, true, 'w');
    const other = tf.variable(start, true, 'other');
    const snapshot = w.clone();
    const optimizer = descent();
    optimizer.applyGradients({ w: tf.tensor1d([1, 1]) });
    optimizer.applyGradients({ w: tf.tensor1d([1, 1]) });
    expect(await valuesOf(w)).toEqual([-1, 0]);
    expect([await valuesOf(snapshot), await valuesOf(other), await valuesOf(start)]).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });

  test('a variable that shares nothing keeps its buffer', async () => {
    const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 2]), true, 'w'));
    const backend = requireWebgpuBackend();
    const optimizer = descent();
    optimizer.applyGradients({ w: tf.tensor1d([1, 1]) });
    const before = backend.tensorMap.get(w.dataId).resource;
    optimizer.applyGradients({ w: tf.tensor1d([1, 1]) });
    expect(backend.tensorMap.get(w.dataId).resource).toBe(before);
    expect(await valuesOf(w)).toEqual([-1, 0]);
  });

  test('a variable may be its own gradient', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const optimizer = toOptimizer(sgd({ learningRate: 0.5 }), { binding });
    optimizer.applyGradients({ w });
    optimizer.applyGradients({ w });
    expect(await valuesOf(w)).toEqual([0.25, 0.5]);
  });

  test('one tensor may be the gradient of two variables, and is not written to', async () => {
    const a = tf.variable(tf.tensor1d([1]), true, 'a');
    const b = tf.variable(tf.tensor1d([2]), true, 'b');
    const gradient = tf.tensor1d([4]);
    toOptimizer(chain(clipByGlobalNorm({ maxNorm: Math.SQRT2 }), sgd({ learningRate: 1 })), {
      binding,
    }).applyGradients({
      a: gradient,
      b: gradient,
    });
    expect(await valuesOf(a)).toEqual([expect.closeTo(0, 6)]);
    expect(await valuesOf(b)).toEqual([expect.closeTo(1, 6)]);
    expect(await valuesOf(gradient)).toEqual([4]);
  });

  test('gradients may be disposed right after the step, and their buffers used again', async () => {
    const w = tf.variable(tf.tensor1d([0, 0]), true, 'w');
    const optimizer = descent();
    for (let step = 0; step < 4; step++) {
      const gradient = tf.add(tf.tensor1d([1, 2]), tf.scalar(0));
      optimizer.applyGradients({ w: gradient });
      gradient.dispose();
      tf.tidy(() => tf.add(tf.tensor1d([100, 100]), tf.scalar(step)));
    }
    expect(await valuesOf(w)).toEqual([-4, -8]);
  });

  test('gradients that TensorFlow.js still has on the host are uploaded', async () => {
    const w = tf.variable(tf.tensor1d([1]), true, 'w');
    const gradient = tf.tensor1d([0.5]);
    expect(requireWebgpuBackend().tensorMap.get(gradient.dataId).resource).toBeUndefined();
    descent().applyGradients({ w: gradient });
    expect(await valuesOf(w)).toEqual([0.5]);
  });

  test('more variables than a shader can bind are clipped together, where tf.addN drops the step', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `w${index}`);
    const variables = names.map((name) => tf.variable(tf.tensor1d([0]), true, name));
    const gradients = Object.fromEntries(names.map((name) => [name, tf.tensor1d([1])]));
    toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 1 })), {
      binding,
    }).applyGradients(gradients);
    for (const variable of variables)
      expect((await valuesOf(variable))[0]).toBeCloseTo(-1 / Math.sqrt(10), 6);
  });

  test('an optimizer of TensorFlow.js takes the updates that a wrapped transform hands over', async () => {
    const w = tf.variable(tf.tensor1d([0, 0]), true, 'w');
    const optimizer = wrapOptimizer(tf.train.sgd(1), clipByGlobalNorm({ maxNorm: 1 }), { binding });
    optimizer.applyGradients({ w: tf.tensor1d([3, 4]) });
    expect((await valuesOf(w)).map((value) => value.toFixed(5))).toEqual(['-0.60000', '-0.80000']);
  });

  test('a report that is on its way comes although the optimizer is disposed, and a new variable comes up, meanwhile', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    tf.variable(tf.tensor1d([1]), true, 'later');
    const optimizer = toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 1 })), {
      binding,
    });
    const norms: (number | undefined)[] = [];
    optimizer.onReport(({ values }) => norms.push(values['clipByGlobalNorm.norm']));
    optimizer.applyGradients({ w: tf.tensor1d([3, 4]) });
    // The leaves are others now, so the session is.
    optimizer.applyGradients({ w: tf.tensor1d([3, 4]), later: tf.tensor1d([12]) });
    optimizer.dispose();
    await expect.poll(() => norms).toEqual([expect.closeTo(5, 5), expect.closeTo(13, 5)]);
    expect(await valuesOf(w)).toHaveLength(2);
  });

  test('an option that does not exist is an error at once', () => {
    expect(() => Reflect.apply(webgpu, undefined, [{ workgroupsize: 64 }])).toThrow(
      'webgpu has no option "workgroupsize". Did you mean "workgroupSize"?',
    );
  });

  test('another backend is an error that says what to do', async () => {
    await tf.setBackend('cpu');
    tf.variable(tf.tensor1d([1]), true, 'w');
    const step = (): void => descent().applyGradients({ w: tf.tensor1d([1]) });
    expect(step).toThrow(InvalidOptionError);
    expect(step).toThrow("await tf.setBackend('webgpu')");
    await tf.setBackend('webgpu');
  });

  test('saved state has the shapes that it has operation by operation', async () => {
    const sums = defineTransform({
      name: 'sums',
      options: {},
      schema: {},
      yields: 'gradients',
      init: (params) => ({
        all: zerosLike(params),
        each: leafScalar(params, 0),
        units: unit(params, 0),
        one: scalar(0),
        past: vector(4, 0),
      }),
      update: (updates, state) => ({
        updates,
        state: {
          all: add(state.all, updates),
          each: add(state.each, sum(updates)),
          units: add(state.units, meanOverUnit(updates)),
          one: add(state.one, meanOverLeaves(updates)),
          past: push(state.past, meanOverLeaves(updates)),
        },
      }),
    });
    tf.variable(tf.zeros([2, 3]), true, 'matrix');
    tf.variable(tf.zeros([1, 3]), true, 'row');
    const shapesOf = async (options: ToOptimizerOptions): Promise<[string, number[]][]> => {
      const optimizer = toOptimizer(chain(sums, sgd({ learningRate: 1 })), options);
      optimizer.applyGradients({ matrix: tf.ones([2, 3]), row: tf.ones([1, 3]) });
      return (await optimizer.getWeights()).map(({ name, tensor }) => [name, tensor.shape]);
    };
    const shapes = await shapesOf({ binding });
    expect(shapes).toEqual(await shapesOf({}));
    expect(shapes.map(([, shape]) => shape).slice(2)).toEqual([[2, 3], [1, 3], [], [], [3], [], [], [4]]);
  });
});
