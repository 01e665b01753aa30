import { accumulate, chain, identity, partition, skipNonFinite, TreeMismatchError } from '@gradkit/core';
import { adam, sgd } from '@gradkit/optimizers';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { toOptimizer } from './toOptimizer.ts';
import { wrapOptimizer } from './wrapOptimizer.ts';

beforeAll(async () => void (await tf.setBackend('cpu')));
afterEach(() => tf.disposeVariables());

function variable(name: string, value = 0): tf.Variable {
  return tf.variable(tf.tensor1d([value]), true, name);
}

function step(
  optimizer: { applyGradients(gradients: tf.NamedTensorMap): void },
  gradients: Readonly<Record<string, number | null>>,
): void {
  const tensors = Object.entries(gradients).flatMap(([name, value]): [string, tf.Tensor][] =>
    value === null ? [] : [[name, tf.tensor1d([value])]],
  );
  optimizer.applyGradients(Object.fromEntries(tensors));
  tf.dispose(tensors.map(([, tensor]) => tensor));
}

describe('flush of toOptimizer', () => {
  test('takes the step of what the window holds, and none where it is empty', async () => {
    const [a, b] = [variable('a'), variable('b', -0)];
    const optimizer = toOptimizer(accumulate(sgd({ learningRate: 1 }), { every: 4 }));
    expect(await optimizer.flush()).toBe(false);
    const reports: number[] = [];
    optimizer.onReport((report) => reports.push(report.step));
    for (const value of [2, 4]) step(optimizer, { a: value, b: null });
    expect(await optimizer.flush()).toBe(true);
    expect(a.dataSync()[0]).toBe(-3);
    expect(Object.is(b.dataSync()[0], -0)).toBe(true);
    expect(optimizer.iterations).toBe(4);
    expect(reports).toEqual([0, 1, 3]);
    expect(await optimizer.flush()).toBe(false);
    for (const value of [1, 1, 1, 1]) step(optimizer, { a: value });
    expect(a.dataSync()[0]).toBe(-4);
  });

  test('leaves the number of tensors as it was', async () => {
    variable('a');
    const optimizer = toOptimizer(accumulate(adam({ learningRate: 1 }), { every: 2 }));
    step(optimizer, { a: 1 });
    const before = tf.memory().numTensors;
    await optimizer.flush();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a variable whose micro-steps were all skipped on data keeps its bits and its state', async () => {
    const [a, b] = [variable('a', 1), variable('b', 1)];
    const part = accumulate(adam({ learningRate: 0.5 }), { every: 2 });
    const optimizer = toOptimizer(
      partition({ a: skipNonFinite(part), b: part }, ({ name }) => (name === 'a' ? 'a' : 'b')),
    );
    for (const value of [1, 1]) step(optimizer, { a: value, b: value });
    const stateOf = async (): Promise<[string, number[]][]> =>
      (await optimizer.getWeights())
        .filter(({ name }) => name.startsWith('gradkit/state/adam/'))
        .map(({ name, tensor }) => [name, Array.from(tensor.dataSync())]);
    const [before, value] = [await stateOf(), a.dataSync()[0]];
    step(optimizer, { a: NaN, b: 3 });
    await optimizer.flush();
    expect(a.dataSync()[0]).toBe(value);
    expect(b.dataSync()[0]).not.toBe(value);
    expect(await stateOf()).toEqual(before);
  });

  test('goes on with a window that was saved, once its variables are there', async () => {
    const make = () => toOptimizer(accumulate(sgd({ learningRate: 1 }), { every: 3 }));
    const a = variable('a');
    const [first, second] = [make(), make()];
    step(first, { a: 5 });
    await second.setWeights(await first.getWeights());
    a.dispose();
    await expect(second.flush()).rejects.toThrow(TreeMismatchError);
    await expect(second.flush()).rejects.toThrow('The loaded window may hold gradients of "a"');
    const again = variable('a');
    expect(await second.flush()).toBe(true);
    expect(again.dataSync()[0]).toBe(-5);
  });

  test('a variable that was disposed meanwhile takes no step', async () => {
    const [a, b] = [variable('a'), variable('b')];
    const optimizer = toOptimizer(accumulate(sgd({ learningRate: 1 }), { every: 3 }));
    step(optimizer, { a: 5, b: 7 });
    a.dispose();
    expect(await optimizer.flush()).toBe(true);
    expect(b.dataSync()[0]).toBe(-7);
  });
});

describe('flush of wrapOptimizer', () => {
  test('the optimizer steps where the window holds something, with null for the rest', async () => {
    const [a, b] = [variable('a'), variable('b')];
    const optimizer = wrapOptimizer(tf.train.momentum(1, 0.5), accumulate(identity(), { every: 3 }));
    for (const value of [1, 1, 1]) step(optimizer, { a: value, b: value });
    expect([a.dataSync()[0], b.dataSync()[0]]).toEqual([-1, -1]);
    for (const value of [2, 4]) step(optimizer, { a: value, b: null });
    const reports: string[] = [];
    optimizer.onReport(({ values, leafValues }) =>
      reports.push(...Object.keys(values), ...Object.keys(leafValues)),
    );
    expect(await optimizer.flush()).toBe(true);
    // A momentum of 0.5 * 1 + 3 moves a; b keeps its momentum and its value, where a zero would have moved it.
    expect([a.dataSync()[0], b.dataSync()[0]]).toEqual([-4.5, -1]);
    expect(reports).toEqual([]);
    expect(optimizer.iterations).toBe(6);
    expect(await optimizer.flush()).toBe(false);
  });

  test('refuses a step until it is finished', async () => {
    variable('a');
    const optimizer = wrapOptimizer(tf.train.sgd(1), chain(accumulate(identity(), { every: 3 })));
    step(optimizer, { a: 1 });
    const flushed = optimizer.flush();
    expect(() => step(optimizer, { a: 1 })).toThrow('A flush of this optimizer is not finished');
    expect(await flushed).toBe(true);
    step(optimizer, { a: 1 });
  });

  test('is refused once it is disposed', async () => {
    const optimizer = wrapOptimizer(tf.train.sgd(1), accumulate(identity(), { every: 3 }));
    optimizer.dispose();
    await expect(optimizer.flush()).rejects.toThrow('This optimizer was disposed');
  });
});
