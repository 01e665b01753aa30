import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { accumulate, chain, freeze, InvalidOptionError, identity, skipNonFinite } from '@gradkit/core';
import { adam, scaleByMomentum, sgd } from '@gradkit/optimizers';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { register } from './register.ts';
import { toOptimizer } from './toOptimizer.ts';
import { wrapOptimizer } from './wrapOptimizer.ts';

const clip = clipByGlobalNorm({ maxNorm: 1 });

beforeAll(async () => void (await tf.setBackend('cpu')));

describe('wrapOptimizer', () => {
  afterEach(() => tf.disposeVariables());

  test('clips (3, 4) at 1 before SGD steps', () => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const optimizer = wrapOptimizer(tf.train.sgd(0.1), clip);
    const norms: unknown[] = [];
    optimizer.onReport(({ values }) => norms.push(values['clipByGlobalNorm.norm']));
    optimizer.applyGradients({ w: tf.tensor1d([3, 4]) });
    expect(w.dataSync()[0]).toBeCloseTo(0.94, 6);
    expect(w.dataSync()[1]).toBeCloseTo(1.92, 6);
    expect(norms).toEqual([5]);
  });

  test("leaves the inner optimizer's steps as they are below the threshold", () => {
    const a = tf.variable(tf.tensor1d([1, 2]), true, 'a');
    const b = tf.variable(tf.tensor1d([1, 2]), true, 'b');
    const plain = tf.train.adam(0.1);
    const wrapped = wrapOptimizer(tf.train.adam(0.1), clipByGlobalNorm({ maxNorm: 100 }));
    for (let step = 0; step < 5; step++) {
      plain.applyGradients([{ name: 'a', tensor: tf.tensor1d([step, 1]) }]);
      wrapped.applyGradients({ b: tf.tensor1d([step, 1]) });
    }
    expect([...b.dataSync()]).toEqual([...a.dataSync()]);
  });

  test("keeps each variable's slots when gradients are null, reordered or left out", () => {
    const [plain, wrapped] = [
      tf.train.momentum(0.1, 0.9),
      wrapOptimizer(tf.train.momentum(0.1, 0.9), identity()),
    ];
    const [plainB, wrappedB] = ['pb', 'wb'].map((name) => tf.variable(tf.tensor1d([0]), true, name));
    for (const name of ['pa', 'wa']) tf.variable(tf.tensor1d([0]), true, name);
    const one = (): tf.Tensor => tf.tensor1d([1]);
    plain.applyGradients([
      { name: 'pa', tensor: one() },
      { name: 'pb', tensor: one() },
    ]);
    wrapped.applyGradients([
      { name: 'wa', tensor: one() },
      { name: 'wb', tensor: one() },
    ]);
    // Only the second variable steps: in full order for the plain one, out of order for the wrapped one.
    plain.applyGradients([
      { name: 'pa', tensor: tf.tensor1d([0]) },
      { name: 'pb', tensor: one() },
    ]);
    wrapped.applyGradients([
      { name: 'wb', tensor: one() },
      { name: 'wa', tensor: null },
    ]);
    expect(wrappedB?.dataSync()[0]).toBe(plainB?.dataSync()[0]);
    wrapped.applyGradients({ wb: one() });
    expect(wrappedB?.dataSync()[0]).toBeCloseTo(-0.1 * (1 + 1.9 + 2.71), 5);
  });

  const momentum = (): tf.Optimizer => tf.train.momentum(0.1, 0.9);
  const scalars = (...names: string[]): tf.Variable[] =>
    names.map((name) => tf.variable(tf.tensor1d([0]), true, name));
  const gradient = (value: number): tf.Tensor => tf.tensor1d([value]);

  test('goes on with the slots of an optimizer that stepped before, though its first variable has no gradient', () => {
    const [, b] = scalars('a', 'b');
    const inner = momentum();
    inner.applyGradients({ a: gradient(100), b: gradient(1) });
    const wrapped = wrapOptimizer(inner, identity());
    wrapped.applyGradients({ a: null, b: gradient(1) });
    wrapped.applyGradients({ b: gradient(1), a: gradient(100) });
    // The velocity of b is 1, 1.9 and 2.71; that of a begins at 100.
    expect(b?.dataSync()[0]).toBeCloseTo(-0.1 * (1 + 1.9 + 2.71), 5);
  });

  test('saves and loads the slots of an optimizer that stepped before', async () => {
    const [, b] = scalars('a', 'b');
    const inner = momentum();
    inner.applyGradients({ a: gradient(100), b: gradient(1) });
    const wrapped = wrapOptimizer(inner, identity());
    wrapped.applyGradients({ a: null, b: gradient(1) });
    const again = wrapOptimizer(momentum(), identity());
    await again.setWeights(
      (await wrapped.getWeights()).map(({ name, tensor }) => ({ name, tensor: tensor.clone() })),
    );
    again.applyGradients({ b: gradient(1), a: gradient(100) });
    expect(b?.dataSync()[0]).toBeCloseTo(-0.1 * (1 + 1.9 + 2.71), 5);
  });

  test('two wrappers of one optimizer keep out of the way of each other', () => {
    const [a, b, c] = scalars('a', 'b', 'c');
    const inner = momentum();
    const [one, other] = [wrapOptimizer(inner, identity()), wrapOptimizer(inner, identity())];
    one.applyGradients({ a: gradient(100) });
    other.applyGradients({ b: gradient(1) });
    one.applyGradients({ c: gradient(10), a: gradient(0) });
    other.applyGradients({ b: gradient(0) });
    expect([a, b, c].map((each) => Number(each?.dataSync()[0]?.toFixed(4)))).toEqual([-19, -0.19, -1]);
  });

  test('is refused once it was disposed, because the inner optimizer cannot begin afresh', () => {
    scalars('w');
    const wrapped = wrapOptimizer(tf.train.adam(0.1), clip);
    wrapped.applyGradients({ w: gradient(1) });
    wrapped.dispose();
    wrapped.dispose();
    expect(() => wrapped.applyGradients({ w: gradient(1) })).toThrow(InvalidOptionError);
    expect(() => wrapped.applyGradients({ w: gradient(1) })).toThrow('disposed');
  });

  test.each<[string, () => tf.Optimizer]>([
    ['SGD', () => tf.train.sgd(1)],
    ['momentum', () => tf.train.momentum(1, 0)],
    ['Adam', () => tf.train.adam(1)],
    ['an optimizer of ours', () => toOptimizer(sgd({ learningRate: 1 }))],
  ])('the learning rate is that of the inner optimizer, read and written: %s', (_, make) => {
    const [w] = scalars('w');
    const inner = make();
    const wrapped = wrapOptimizer(inner, identity());
    expect(wrapped.learningRate).toBe(1);
    wrapped.applyGradients({ w: gradient(1) });
    wrapped.learningRate = 10;
    expect(wrapped.learningRate).toBe(10);
    expect(inner.getConfig()['learningRate']).toBe(10);
    wrapped.applyGradients({ w: gradient(1) });
    wrapped.setLearningRate(100);
    wrapped.applyGradients({ w: gradient(1) });
    expect(w?.dataSync()[0]).toBeCloseTo(-111, 2);
  });

  test('a schedule of an optimizer of ours that is wrapped goes on', () => {
    const [w] = scalars('w');
    const wrapped = wrapOptimizer(toOptimizer(sgd({ learningRate: (step) => step + 1 })), identity());
    for (let step = 0; step < 3; step++) wrapped.applyGradients({ w: gradient(1) });
    expect(wrapped.learningRate).toBe(4);
    expect(w?.dataSync()[0]).toBe(-6);
  });

  test.each([NaN, '1', undefined, (step: number): number => step])(
    'a learning rate of %s is refused, and the inner one stays',
    (value) => {
      const wrapped = wrapOptimizer(tf.train.sgd(0.1), clip);
      expect(() => Object.assign(wrapped, { learningRate: value })).toThrow(InvalidOptionError);
      expect(wrapped.learningRate).toBe(0.1);
    },
  );

  test.each([
    ['beta1', 'wrapped.optimizer.beta1 = 0.5'],
    ['maxNorm', "hyperparameters['clipByGlobalNorm.maxNorm'] = 0.5"],
    ['clipnorm', "hyperparameters['clipByGlobalNorm.maxNorm'] = 0.5"],
    ['lr', 'Write wrapped.learningRate = 0.5.'],
    ['learning_rate', 'Write wrapped.learningRate = 0.5.'],
    ['foo', 'Known: clipByGlobalNorm.maxNorm'],
    ['clipvalue', 'clipByValue({ limit })'],
    ['hyperparameters', "wrapped.hyperparameters['path'] = value"],
    ['iterations', 'setWeights'],
    ['optimizer', 'Make another one'],
    ['transform', 'Make another one'],
  ])('refuses an assignment to %s, and says what to write', (name, remedy) => {
    const wrapped = wrapOptimizer(tf.train.adam(0.1), clip);
    const assign = (): unknown => Object.assign(wrapped, { [name]: 0.5 });
    expect(assign).toThrow(InvalidOptionError);
    expect(assign).toThrow(remedy);
  });

  test('does not send to where TensorFlow.js ignores it', () => {
    const assign = (): unknown => Object.assign(wrapOptimizer(momentum(), clip), { momentum: 0.5 });
    expect(assign).toThrow('tf.train.momentum(learningRate, 0.5)');
  });

  test('getConfig has what the inner optimizer and the transform have', () => {
    expect(wrapOptimizer(tf.train.adam(0.1, 0.8, 0.9, 1e-4), clip).getConfig()).toMatchObject({
      learningRate: 0.1,
      beta1: 0.8,
      beta2: 0.9,
      maxNorm: 1,
    });
  });

  describe('where the inner optimizer throws', () => {
    /** Velocities of 1, 1.5, 1.75 ... for gradients of 1. */
    const velocity = (): ReturnType<typeof scaleByMomentum> => scaleByMomentum({ momentum: 0.5 });

    test('before it has written anything, the transform has not moved, and reports are handed to nobody', async () => {
      const [w] = scalars('w');
      const inner = tf.train.sgd(1);
      const wrapped = wrapOptimizer(inner, chain(clip, velocity()));
      const steps: number[] = [];
      wrapped.onReport(({ step }) => steps.push(step));
      wrapped.applyGradients({ w: gradient(1) });
      const spy = vi.spyOn(inner, 'applyGradients').mockImplementation(() => {
        throw new Error('the inner one fails');
      });
      const before = tf.memory().numTensors;
      for (let count = 0; count < 3; count++)
        expect(() => tf.tidy(() => wrapped.applyGradients({ w: gradient(1) }))).toThrow(
          'the inner one fails',
        );
      expect(tf.memory().numTensors).toBe(before);
      expect(wrapped.iterations).toBe(1);
      spy.mockRestore();
      wrapped.applyGradients({ w: gradient(1) });
      expect(w?.dataSync()[0]).toBe(-2.5);
      expect(steps).toEqual([0, 1]);
    });

    test('and where it does not, nothing that was remembered is left over', () => {
      scalars('w');
      const wrapped = wrapOptimizer(tf.train.adam(0.1), chain(clip, velocity()));
      const step = (): void => tf.tidy(() => wrapped.applyGradients({ w: gradient(1) }));
      step();
      const { numTensors, numDataBuffers, numBytes } = tf.memory();
      for (let count = 0; count < 100; count++) step();
      expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers, numBytes });
    });

    test('what accumulate has gathered is still there', () => {
      const [w] = scalars('w');
      const inner = tf.train.sgd(1);
      const wrapped = wrapOptimizer(inner, accumulate(identity(), { every: 2 }));
      wrapped.applyGradients({ w: gradient(1) });
      const spy = vi.spyOn(inner, 'applyGradients').mockImplementation(() => {
        throw new Error('the inner one fails');
      });
      expect(() => wrapped.applyGradients({ w: gradient(100) })).toThrow('the inner one fails');
      spy.mockRestore();
      wrapped.applyGradients({ w: gradient(3) });
      expect(w?.dataSync()[0]).toBe(-2);
    });

    test('in a flush, the window is still there: it can be flushed again, or go on', async () => {
      const [w] = scalars('w');
      const inner = tf.train.sgd(1);
      const wrapped = wrapOptimizer(inner, chain(accumulate(velocity(), { every: 4 })));
      const steps: number[] = [];
      wrapped.onReport(({ step }) => steps.push(step));
      for (const value of [2, 4]) tf.tidy(() => wrapped.applyGradients({ w: gradient(value) }));
      const weights = async (): Promise<[string, number[]][]> =>
        (await wrapped.getWeights()).map(({ name, tensor }) => [name, Array.from(tensor.dataSync())]);
      const saved = await weights();
      const { numTensors } = tf.memory();
      const spy = vi.spyOn(inner, 'applyGradients').mockImplementation(() => {
        throw new Error('the inner one fails');
      });
      for (let count = 0; count < 2; count++)
        await expect(wrapped.flush()).rejects.toThrow('the inner one fails');
      spy.mockRestore();
      expect(await weights()).toEqual(saved);
      expect(tf.memory().numTensors).toBe(numTensors);
      expect(wrapped.iterations).toBe(2);
      expect(w?.dataSync()[0]).toBe(0);
      for (const value of [6, 8]) tf.tidy(() => wrapped.applyGradients({ w: gradient(value) }));
      expect(w?.dataSync()[0]).toBe(-5);
      tf.tidy(() => wrapped.applyGradients({ w: gradient(1) }));
      expect(await wrapped.flush()).toBe(true);
      // A velocity of 0.5 * 5 + 1.
      expect(w?.dataSync()[0]).toBe(-8.5);
      expect(steps).toEqual([0, 1, 2, 3, 4, 7]);
    });

    test('in the middle of a flush, variables and slots are put back', async () => {
      const [a, b] = scalars('a', 'b');
      const wrapped = wrapOptimizer(tf.train.adam(0.1), accumulate(identity(), { every: 3 }));
      const step = (): void => tf.tidy(() => wrapped.applyGradients({ a: gradient(1), b: gradient(1) }));
      for (let count = 0; count < 4; count++) step();
      const values = (): (number | undefined)[] => [a, b].map((variable) => variable?.dataSync()[0]);
      const [before, { numTensors }] = [values(), tf.memory()];
      if (b === undefined) throw new Error('there are two');
      const spy = vi.spyOn(b, 'assign').mockImplementationOnce(() => {
        throw new Error('no memory');
      });
      await expect(wrapped.flush()).rejects.toThrow('no memory');
      spy.mockRestore();
      expect(values()).toEqual(before);
      expect(tf.memory().numTensors).toBe(numTensors);
      expect(await wrapped.flush()).toBe(true);
      const [first = NaN, second = NaN] = values();
      expect(first).toBe(second);
      expect(first).toBeLessThan(before[0] ?? NaN);
    });

    test.each<[string, () => tf.Optimizer]>([
      ['SGD', () => tf.train.sgd(0.1)],
      ['momentum', () => tf.train.momentum(0.1, 0.9)],
      ['RMSProp', () => tf.train.rmsprop(0.1, 0.9, 0.5, 1e-3, true)],
      ['Adam', () => tf.train.adam(0.1)],
      ['Adamax', () => tf.train.adamax(0.1)],
      ['Adadelta', () => tf.train.adadelta(0.1)],
      ['Adagrad', () => tf.train.adagrad(0.1)],
    ])('in the middle, variables and slots are put back: %s', (_, make) => {
      const run = (prefix: string, isDisturbed: boolean): unknown[] => {
        const all = scalars(`${prefix}a`, `${prefix}b`, `${prefix}c`);
        const [a, b, c] = all.map(({ name }) => name);
        const wrapped = wrapOptimizer(make(), velocity());
        const step = (...names: (string | undefined)[]): void =>
          wrapped.applyGradients(names.map((name) => ({ name: name ?? '', tensor: gradient(1) })));
        step(a, b);
        if (isDisturbed) {
          // The first variable and its slots are written, and then the second one fails.
          const spies = all.slice(1, 2).map((variable) =>
            vi.spyOn(variable, 'assign').mockImplementationOnce(() => {
              throw new Error('no memory');
            }),
          );
          const before = all.map((variable) => variable.dataSync()[0]);
          expect(() => step(a, c, b)).toThrow('no memory');
          for (const spy of spies) spy.mockRestore();
          expect(all.map((variable) => variable.dataSync()[0])).toEqual(before);
          expect(wrapped.iterations).toBe(1);
        }
        step(a, b);
        step(c, a, b);
        return all.map((variable) => variable.dataSync()[0]);
      };
      expect(run('x', true)).toEqual(run('y', false));
    });
  });

  test('does not call the inner optimizer at micro-steps', () => {
    const w = tf.variable(tf.tensor1d([0]), true, 'w');
    const optimizer = wrapOptimizer(tf.train.adam(0.1), accumulate(clip, { every: 2 }));
    optimizer.applyGradients({ w: tf.tensor1d([3]) });
    expect(w.dataSync()[0]).toBe(0);
    optimizer.applyGradients({ w: tf.tensor1d([5]) });
    expect(w.dataSync()[0]).toBeCloseTo(-0.1, 5);
  });

  test('leaves a frozen variable alone', () => {
    const w = tf.variable(tf.tensor1d([-0]), true, 'w');
    const v = tf.variable(tf.tensor1d([0]), true, 'v');
    const optimizer = wrapOptimizer(tf.train.sgd(1), freeze({ name: 'w' }));
    optimizer.applyGradients({ w: tf.tensor1d([1]), v: tf.tensor1d([1]) });
    expect(Object.is(w.dataSync()[0], -0)).toBe(true);
    expect(v.dataSync()[0]).toBe(-1);
  });

  test('follows a learning rate that is assigned to SGD', () => {
    const w = tf.variable(tf.tensor1d([0]), true, 'w');
    const inner = tf.train.sgd(1);
    const optimizer = wrapOptimizer(inner, identity());
    Object.assign(inner, { learningRate: 10 });
    optimizer.applyGradients({ w: tf.tensor1d([1]) });
    expect(w.dataSync()[0]).toBe(-10);
  });

  test('resumes with the same bits after save and load, inner slots included', async () => {
    register(tf, { transforms: { clipByGlobalNorm } });
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
    model.compile({
      optimizer: wrapOptimizer(tf.train.adam(0.05), accumulate(clip, { every: 2 })),
      loss: 'meanSquaredError',
    });
    const [x, y] = [tf.tensor2d([[1, 2, 3]]), tf.tensor2d([[1, -1]])];
    for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
    let saved: tf.io.ModelArtifacts = {};
    const handler = tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    });
    await model.save(handler, { includeOptimizer: true });
    const again = await tf.loadLayersModel(tf.io.fromMemory(saved));
    for (let step = 0; step < 5; step++) {
      expect(await again.trainOnBatch(x, y)).toBe(await model.trainOnBatch(x, y));
    }
  });

  test('refuses what TensorFlow.js swallows: options as an object, and clipNorm as a property', () => {
    // @ts-expect-error TensorFlow.js takes numbers by position
    expect(() => wrapOptimizer(tf.train.adam({ learningRate: 0.1, clipvalue: 1 }), clip)).toThrow(/NaN/);
    expect(() => wrapOptimizer(Object.assign(tf.train.adam(0.1), { clipNorm: 1 }), clip)).toThrow(/clipNorm/);
  });

  test('refuses what is no transform', () => {
    for (const given of [undefined, 3, clipByGlobalNorm, tf.train.sgd(1)]) {
      const make = (): unknown => Reflect.apply(wrapOptimizer, undefined, [tf.train.sgd(1), given]);
      expect(make).toThrow("wrapOptimizer's transform must be a transform");
    }
  });

  test('refuses an optimizer as the transform, and a hold on data, with the remedy', () => {
    // @ts-expect-error an optimizer yields updates
    expect(() => wrapOptimizer(tf.train.sgd(1), adam({ learningRate: 1 }))).toThrow(/toOptimizer/);
    const w = tf.variable(tf.tensor1d([1]), true, 'w');
    const optimizer = wrapOptimizer(tf.train.sgd(1), skipNonFinite(chain(clip)));
    expect(() => optimizer.applyGradients({ w: tf.tensor1d([1]) })).toThrow(InvalidOptionError);
    expect(w.dataSync()[0]).toBe(1);
  });
});
