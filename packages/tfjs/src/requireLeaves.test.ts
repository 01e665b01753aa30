import { chain, freeze, InvalidOptionError, masked } from '@gradkit/core';
import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { sgd } from '@gradkit/optimizers';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { toOptimizer } from './toOptimizer.ts';
import { transformGradients } from './transformGradients.ts';

beforeAll(async () => void (await tf.setBackend('cpu')));
afterEach(() => tf.disposeVariables());

const down = sgd({ learningRate: 1 });

test('a pattern that matches no variable of the first step is an error, and nothing has changed', () => {
  const kernel = tf.variable(tf.ones([2, 2]), true, 'dense/kernel');
  const optimizer = toOptimizer(chain(freeze({ name: '*kernal' }), down));
  const step = (): void => optimizer.applyGradients({ 'dense/kernel': tf.ones([2, 2]) });
  expect(step).toThrow(InvalidOptionError);
  expect(step).toThrow('freeze: no leaf matches {"name":"*kernal"}. The nearest are "dense/kernel" [2,2].');
  expect(optimizer.iterations).toBe(0);
  expect(Array.from(kernel.dataSync())).toEqual([1, 1, 1, 1]);
});

test('a variable without a gradient at the first step is there', () => {
  const [a, b] = ['a', 'b'].map((name) => tf.variable(tf.tensor1d([1]), true, name));
  const optimizer = toOptimizer(chain(freeze({ name: 'b' }), down));
  optimizer.applyGradients([
    { name: 'a', tensor: tf.tensor1d([1]) },
    { name: 'b', tensor: null },
  ]);
  expect([a?.dataSync()[0], b?.dataSync()[0]]).toEqual([0, 1]);
});

test('variables that come up later are not asked for again', () => {
  tf.variable(tf.tensor1d([1]), true, 'a');
  tf.variable(tf.tensor1d([1]), true, 'b');
  const optimizer = toOptimizer(chain(freeze({ name: 'a' }), down));
  optimizer.applyGradients({ a: tf.tensor1d([1]) });
  expect(() => optimizer.applyGradients({ b: tf.tensor1d([1]) })).not.toThrow();
});

test('transformGradients judges gradients that are all there', () => {
  const clip = masked(clipByGlobalNorm({ maxNorm: 1 }), { minRank: 2 });
  expect(() => transformGradients(clip, { w: tf.tensor1d([1]) })).toThrow('No leaf has a rank of 2 or more');
  expect(() => transformGradients(clip, { w: tf.tensor1d([1]), v: null })).not.toThrow();
});
