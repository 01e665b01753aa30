import { identity } from '@gradkit/core';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { wrapOptimizer } from './wrapOptimizer.ts';

beforeAll(async () => void (await tf.setBackend('cpu')));
afterEach(() => tf.disposeVariables());

const builtIn: Readonly<Record<string, () => tf.Optimizer>> = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9),
  rmsprop: () => tf.train.rmsprop(0.1, 0.9, 0.1, undefined, true),
  adam: () => tf.train.adam(0.1),
  adadelta: () => tf.train.adadelta(0.1),
  adamax: () => tf.train.adamax(0.1),
  adagrad: () => tf.train.adagrad(0.1),
};

describe.each(Object.entries(builtIn))('%s', (_, make) => {
  test('steps wrapped as it does alone, and the second variable too when the first has no gradient', () => {
    const plain = make();
    const wrapped = wrapOptimizer(make(), identity());
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => tf.variable(tf.tensor1d([1, 2]), true, name));
    for (let step = 0; step < 3; step++) {
      const gradient = (): tf.Tensor => tf.tensor1d([step + 1, -1]);
      plain.applyGradients([
        { name: 'a', tensor: step === 1 ? tf.zeros([2]) : gradient() },
        { name: 'b', tensor: gradient() },
      ]);
      wrapped.applyGradients({ c: step === 1 ? null : gradient(), d: gradient() });
    }
    expect([...(d?.dataSync() ?? [])]).toEqual([...(b?.dataSync() ?? [])]);
    expect([...(c?.dataSync() ?? [])].every(Number.isFinite)).toBe(true);
    expect(a?.dataSync()[0]).not.toBe(1);
  });

  test('is refused once a property is set that it ignores, or a number is none', () => {
    const names = ['clipNorm', 'clipvalue', 'globalClipnorm', 'gradientClipping', 'weightDecay', 'lr'];
    for (const name of names) {
      expect(() => wrapOptimizer(Object.assign(make(), { [name]: 1 }), identity())).toThrow(name);
    }
    const wrapped = wrapOptimizer(make(), identity());
    Object.assign(wrapped.optimizer, { learningRate: NaN });
    expect(() => wrapped.applyGradients({})).toThrow(/learningRate = NaN/);
  });
});

test('options that were given as objects are refused, in any place', () => {
  // @ts-expect-error TensorFlow.js takes numbers by position
  expect(() => wrapOptimizer(tf.train.sgd({ learningRate: 1 }), identity())).toThrow(
    /learningRate = an object/,
  );
  // @ts-expect-error the object lands in decay
  expect(() => wrapOptimizer(tf.train.rmsprop(1, { clipValue: 1 }), identity())).toThrow(/decay = an object/);
  // @ts-expect-error a name is no optimizer
  expect(() => wrapOptimizer('adam', identity())).toThrow(/was given "adam"/);
});

test('a subclass may have options of its own', () => {
  class AdamW extends tf.AdamOptimizer {
    readonly weightDecay: number = 0.01;
    override getConfig(): tf.serialization.ConfigDict {
      return { ...super.getConfig(), exclude: ['bias'] };
    }
  }
  expect(wrapOptimizer(new AdamW(0.1, 0.9, 0.999), identity()).iterations).toBe(0);
});
