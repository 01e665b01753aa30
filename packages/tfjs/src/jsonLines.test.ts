import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { accumulate, chain, InvalidOptionError, partition } from '@gradkit/core';
import { sgd } from '@gradkit/optimizers';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { jsonLines } from './jsonLines.ts';
import { toOptimizer } from './toOptimizer.ts';
import { wrapOptimizer } from './wrapOptimizer.ts';

beforeAll(async () => void (await tf.setBackend('cpu')));
afterEach(() => tf.disposeVariables());

const halving = (step: number): number => 0.5 ** step;
const clipped = () => toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: halving })));

function lines(): { write: (text: string) => void; parsed: () => unknown[] } {
  let text = '';
  return {
    write: (more) => void (text += more),
    parsed: () =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line)),
  };
}

test('writes norm, clip factor, learning rate and loss of each step', () => {
  tf.variable(tf.tensor1d([1, 2]), true, 'w');
  const [optimizer, file] = [clipped(), lines()];
  const log = jsonLines(optimizer, { write: file.write });
  optimizer.applyGradients({ w: tf.tensor1d([3, 4]) });
  log.loss(7);
  optimizer.applyGradients({ w: tf.tensor1d([0.5, 0]) });
  log.close();
  optimizer.applyGradients({ w: tf.tensor1d([1, 1]) });
  expect(file.parsed()).toEqual([
    {
      step: 0,
      loss: 7,
      'clipByGlobalNorm.norm': 5,
      'clipByGlobalNorm.scale': expect.closeTo(0.2, 6),
      'sgd.learningRate': 1,
    },
    { step: 1, 'clipByGlobalNorm.norm': 0.5, 'clipByGlobalNorm.scale': 1, 'sgd.learningRate': 0.5 },
  ]);
});

test('writes each third step where it is told to, and strings for what JSON does not have', () => {
  tf.variable(tf.tensor1d([1]), true, 'w');
  const [optimizer, file] = [clipped(), lines()];
  const log = jsonLines(optimizer, { write: file.write, every: 3 });
  for (let step = 0; step < 7; step++) {
    optimizer.applyGradients({ w: tf.tensor1d([step === 6 ? NaN : 0.5]) });
    log.loss(step === 6 ? Infinity : step);
  }
  log.close();
  expect(file.parsed()).toMatchObject([
    { step: 0, loss: 0 },
    { step: 3, loss: 3 },
    { step: 6, loss: 'Infinity', 'clipByGlobalNorm.norm': 'NaN' },
  ]);
});

test('is a callback of model.fit, also around an optimizer of TensorFlow.js', async () => {
  const optimizer = wrapOptimizer(tf.train.sgd(0.25), clipByGlobalNorm({ maxNorm: 1 }));
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  const file = lines();
  const { history } = await model.fit(tf.ones([4, 2]), tf.ones([4, 1]), {
    epochs: 2,
    batchSize: 4,
    callbacks: jsonLines(optimizer, { write: file.write }),
  });
  expect(file.parsed()).toEqual(
    [0, 1].map((step) => ({
      step,
      loss: expect.closeTo(Number(history['loss']?.[step]), 6),
      'clipByGlobalNorm.norm': expect.any(Number),
      'clipByGlobalNorm.scale': expect.any(Number),
      learningRate: 0.25,
    })),
  );
});

test('gradients can be seen before they are transformed, until the listener is taken off', () => {
  tf.variable(tf.tensor1d([1, 2]), true, 'w');
  const optimizer = clipped();
  const seen: unknown[] = [];
  const stop = optimizer.onGradients((step, gradients) =>
    seen.push([step, Array.from(gradients, ([name, tensor]) => [name, ...tensor.dataSync()])]),
  );
  optimizer.applyGradients({ w: tf.tensor1d([3, 4]) });
  stop();
  optimizer.applyGradients({ w: tf.tensor1d([3, 4]) });
  expect(seen).toEqual([[0, [['w', 3, 4]]]]);
});

test('says what is wrong with an option', () => {
  const [optimizer, { write }] = [clipped(), lines()];
  expect(() => jsonLines(optimizer, { write, every: 0 })).toThrow(InvalidOptionError);
  expect(() => jsonLines(optimizer, { write, every: 1.5 })).toThrow(/whole number/);
  const without = (...given: readonly unknown[]): unknown => Reflect.apply(jsonLines, undefined, given);
  expect(() => without(optimizer, {})).toThrow(/the method write/);
  expect(() => without(tf.train.sgd(1), { write })).toThrow(/the optimizer.*onReport.*toOptimizer/);
});

test('a schedule inside accumulate is logged as it is used: by the inner step, after a flush too', async () => {
  tf.variable(tf.tensor1d([1]), true, 'w');
  const optimizer = toOptimizer(accumulate(sgd({ learningRate: halving }), { every: 3 }));
  const file = lines();
  const log = jsonLines(optimizer, { write: file.write });
  const step = (): void => optimizer.applyGradients({ w: tf.tensor1d([1]) });
  for (let count = 0; count < 4; count++) step();
  await optimizer.flush();
  step();
  log.close();
  expect(file.parsed()).toEqual([
    ...[0, 1, 2].map((at) => ({ step: at, 'sgd.learningRate': 1 })),
    ...[3, 5].map((at) => ({ step: at, 'sgd.learningRate': 0.5 })),
    { step: 6, 'sgd.learningRate': 0.25 },
  ]);
});

test('a wrapped optimizer of ours that has several learning rates can be logged', () => {
  tf.variable(tf.tensor1d([1, 2]), true, 'w');
  const rates = partition({ slow: sgd({ learningRate: 1 }), fast: sgd({ learningRate: 2 }) }, () => 'slow', {
    allowEmpty: true,
  });
  const [optimizer, file] = [wrapOptimizer(toOptimizer(rates), clipByGlobalNorm({ maxNorm: 1 })), lines()];
  const log = jsonLines(optimizer, { write: file.write });
  optimizer.applyGradients({ w: tf.tensor1d([3, 4]) });
  log.close();
  expect(file.parsed()).toMatchObject([{ step: 0, 'clipByGlobalNorm.norm': 5 }]);
});
