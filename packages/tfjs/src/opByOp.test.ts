import { clipByGlobalNorm } from '@gradkit/clip-norm';
import {
  chain,
  defineTransform,
  NonFiniteGradientError,
  norm,
  type EmptyState,
  type Report,
} from '@gradkit/core';
import { sgd } from '@gradkit/optimizers';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Binding } from './binding.ts';
import { opByOp } from './opByOp.ts';
import { register } from './register.ts';
import { GradkitOptimizer, toOptimizer } from './toOptimizer.ts';
import { wrapOptimizer } from './wrapOptimizer.ts';

const clippedSgd = () => chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 1 }));
const one = (value = 1): tf.Tensor => tf.tensor1d([value]);

/** Lets everything that is waiting for data come to its end. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Reports the norm of each leaf. */
const measured = () =>
  defineTransform({
    name: 'measured',
    options: {},
    schema: {},
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state) => ({ updates, state, report: { norm: norm(updates) } }),
  });

afterEach(() => tf.disposeVariables());

describe('on a backend that is read at once', () => {
  beforeAll(async () => void (await tf.setBackend('cpu')));

  test('reports of a leaf go by its name, and leave out a leaf without a gradient', () => {
    for (const name of ['a', 'b']) tf.variable(one(0), true, name);
    const reports: Report[] = [];
    const optimizer = toOptimizer(chain(measured(), sgd({ learningRate: 1 })));
    optimizer.onReport((report) => reports.push(report));
    optimizer.applyGradients({ a: one(3), b: one(-4) });
    optimizer.applyGradients({ a: null, b: one(5) });
    expect(reports.map(({ leafValues }) => Array.from(leafValues['measured.norm'] ?? []))).toEqual([
      [
        ['a', 3],
        ['b', 4],
      ],
      [['b', 5]],
    ]);
  });

  test('middleware leaks no tensor in 1,000 steps with saves', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const optimizer = wrapOptimizer(tf.train.momentum(1e-3, 0.9), clipByGlobalNorm({ maxNorm: 1 }));
    const step = (): void => void optimizer.minimize(() => tf.sum(tf.square(w)));
    step();
    await optimizer.getWeights();
    const before = tf.memory().numTensors;
    for (let count = 0; count < 1000; count++) {
      step();
      if (count % 100 === 0) await optimizer.getWeights();
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test('two saves at once do not take each other away', async () => {
    tf.variable(one(), true, 'w');
    const optimizer = wrapOptimizer(tf.train.adam(1), clipByGlobalNorm({ maxNorm: 1 }));
    optimizer.applyGradients({ w: one() });
    const saves = await Promise.all([optimizer.getWeights(), optimizer.getWeights()]);
    expect(saves.flat().every(({ tensor }) => !tensor.isDisposed)).toBe(true);
  });

  test('a binding gets every step, in a loaded optimizer too', () => {
    const opened: number[] = [];
    const counting: Binding = {
      name: 'counting',
      open: (layout) => {
        opened.push(layout.leaves.length);
        return opByOp().open(layout);
      },
    };
    tf.variable(one(), true, 'w');
    const optimizer = toOptimizer(clippedSgd(), { binding: counting });
    optimizer.applyGradients({ w: one() });
    expect(opened).toEqual([1]);
    register(tf, { transforms: { clipByGlobalNorm, sgd }, binding: counting });
    const [make, fromConfig] =
      tf.serialization.SerializationMap.getMap().classNameMap[GradkitOptimizer.className] ?? [];
    if (make === undefined || fromConfig === undefined) throw new Error('nothing is registered');
    const loaded = fromConfig(make, optimizer.getConfig());
    if (!(loaded instanceof GradkitOptimizer)) throw new Error('something else was made');
    loaded.applyGradients({ w: one() });
    expect(opened).toEqual([1, 1]);
  });
});

describe('on a backend that is read later', () => {
  const device = 'a device';
  beforeAll(() => {
    tf.registerBackend(device, () => tf.findBackendFactory('cpu')(), 0);
    tf.copyRegisteredKernels('cpu', device);
  });
  beforeEach(async () => void (await tf.setBackend(device)));
  afterEach(async () => void (await tf.setBackend('cpu')));

  test('reports come after the step, in order, and their tensors go', async () => {
    const w = tf.variable(one(0), true, 'w');
    const optimizer = toOptimizer(clippedSgd());
    const reports: unknown[] = [];
    optimizer.onReport(({ step, values }) => reports.push([step, values['clipByGlobalNorm.norm']]));
    tf.tidy(() => optimizer.applyGradients({ w: one(2) }));
    tf.tidy(() => optimizer.applyGradients({ w: one(3) }));
    expect(reports).toEqual([]);
    const waiting = tf.memory().numTensors;
    await settled();
    expect(reports).toEqual([
      [0, 2],
      [1, 3],
    ]);
    expect(tf.memory().numTensors).toBe(waiting - 2);
    optimizer.dispose();
    w.dispose();
  });

  test('a gradient that is not finite is told of at a later step', async () => {
    const w = tf.variable(one(0), true, 'w');
    const optimizer = toOptimizer(clippedSgd(), { onNonFinite: 'throw' });
    optimizer.applyGradients({ w: one(NaN) });
    await settled();
    expect(() => optimizer.applyGradients({ w: one() })).toThrow(NonFiniteGradientError);
    w.dispose();
  });
});
