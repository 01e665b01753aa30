import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { adam, sgd } from '@gradkit/optimizers';
import {
  accumulate,
  add,
  chain,
  defineTransform,
  freeze,
  hyperparameter,
  InvalidOptionError,
  lookahead,
  neg,
  NonFiniteGradientError,
  partition,
  scalar,
  skipNonFinite,
  TreeMismatchError,
  type EmptyState,
  type Schedule,
} from '@gradkit/core';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { register } from './register.ts';
import { GradkitOptimizer, toOptimizer } from './toOptimizer.ts';

const xs = [0, 1, 2, 3, 4, 5, 6, 7].map((row) =>
  Array.from({ length: 10 }, (_, column) => Math.sin(row * 10 + column)),
);
const ys = Array.from({ length: 8 }, (_, row) => [Math.cos(row), Math.sin(row)]);

function simpleNet(): tf.Sequential {
  // glorotUniform of older versions forgets its seed.
  const kernel = (seed: number): ReturnType<typeof tf.initializers.glorotNormal> =>
    tf.initializers.glorotNormal({ seed });
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 5, inputShape: [10], activation: 'relu', kernelInitializer: kernel(1) }),
      tf.layers.dense({ units: 2, kernelInitializer: kernel(2) }),
    ],
  });
}

const clippedAdam = () => chain(clipByGlobalNorm({ maxNorm: 0.1 }), adam({ learningRate: 0.05 }));

async function losses(model: tf.LayersModel, steps: number): Promise<number[]> {
  const result: number[] = [];
  const [x, y] = [tf.tensor2d(xs), tf.tensor2d(ys)];
  for (let step = 0; step < steps; step++) result.push(Number(await model.trainOnBatch(x, y)));
  tf.dispose([x, y]);
  return result;
}

async function saved(model: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  const handler = tf.io.withSaveHandler(async (given) => {
    artifacts = given;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  });
  await model.save(handler, { includeOptimizer: true });
  if (artifacts === undefined) throw new Error('nothing was saved');
  return artifacts;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
  register(tf, {
    transforms: { clipByGlobalNorm, adam, sgd },
  });
});

describe('toOptimizer', () => {
  beforeEach(() => tf.disposeVariables());
  afterEach(() => tf.disposeVariables());

  test('clips (3, 4) at 1 and steps by the learning rate', () => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const optimizer = toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 0.1 })));
    const reports: unknown[] = [];
    optimizer.onReport(({ step, values }) => reports.push([step, values['clipByGlobalNorm.norm']]));
    optimizer.applyGradients({ w: tf.tensor1d([3, 4]) });
    const [a, b] = w.dataSync();
    expect(a).toBeCloseTo(0.94, 6);
    expect(b).toBeCloseTo(1.92, 6);
    expect(reports).toEqual([[0, 5]]);
  });

  test('trains in model.fit', async () => {
    const model = simpleNet();
    model.compile({ optimizer: toOptimizer(clippedAdam()), loss: 'meanSquaredError' });
    const history = await model.fit(tf.tensor2d(xs), tf.tensor2d(ys), { epochs: 20, yieldEvery: 'never' });
    const [first, last] = [history.history['loss']?.[0], history.history['loss']?.at(-1)];
    expect(Number(last)).toBeLessThan(Number(first) * 0.8);
  });

  test('resumes with the same bits after save and load in the same process, where variables are renamed', async () => {
    const model = simpleNet();
    model.compile({ optimizer: toOptimizer(clippedAdam()), loss: 'meanSquaredError' });
    await losses(model, 3);
    const again = await tf.loadLayersModel(tf.io.fromMemory(await saved(model)));
    expect(await losses(again, 4)).toEqual(await losses(model, 4));
  });

  test('resumes in the middle of an accumulation', async () => {
    const model = simpleNet();
    model.compile({
      optimizer: toOptimizer(accumulate(clippedAdam(), { every: 4 })),
      loss: 'meanSquaredError',
    });
    await losses(model, 6);
    const again = await tf.loadLayersModel(tf.io.fromMemory(await saved(model)));
    expect(await losses(again, 7)).toEqual(await losses(model, 7));
  });

  test('keeps the state of a layer that is frozen in mid-training and goes on with it', async () => {
    const model = simpleNet();
    const optimizer = toOptimizer(clippedAdam());
    const compile = (): void => model.compile({ optimizer, loss: 'meanSquaredError' });
    compile();
    await losses(model, 2);
    const [first] = model.layers;
    if (first === undefined) throw new Error('no layer');
    const frozen = first.getWeights().map((weight) => weight.arraySync());
    first.trainable = false;
    compile();
    await losses(model, 2);
    expect(first.getWeights().map((weight) => weight.arraySync())).toEqual(frozen);
    first.trainable = true;
    compile();
    const before = await losses(model, 1);
    expect(before.every(Number.isFinite)).toBe(true);
    expect(first.getWeights().map((weight) => weight.arraySync())).not.toEqual(frozen);
  });

  test('leaves a variable with a null gradient alone, its state too', () => {
    const w = tf.variable(tf.tensor1d([-0]), true, 'w');
    tf.variable(tf.tensor1d([1]), true, 'b');
    const optimizer = toOptimizer(adam({ learningRate: 0.1 }));
    optimizer.applyGradients([
      { name: 'w', tensor: null },
      { name: 'b', tensor: tf.tensor1d([1]) },
    ]);
    expect(Object.is(w.dataSync()[0], -0)).toBe(true);
    optimizer.applyGradients({ w: tf.tensor1d([5]), b: tf.tensor1d([1]) });
    expect(w.dataSync()[0]).toBeCloseTo(-0.1, 6);
  });

  test('a step without a single gradient reports a norm of 0 and moves no state, before a variable came up and after', () => {
    const w = tf.variable(tf.tensor1d([1]), true, 'w');
    const counted = defineTransform({
      name: 'counted',
      options: {},
      schema: {},
      yields: 'gradients',
      init: () => ({ count: scalar(0) }),
      update: (updates, { count }) => ({
        updates,
        state: { count: add(count, 1) },
        report: { before: count },
      }),
    });
    const transform = chain(clipByGlobalNorm({ maxNorm: 10 }), counted, sgd({ learningRate: 0.1 }));
    const optimizer = toOptimizer(transform);
    const seen: number[][] = [];
    optimizer.onReport(({ step, values }) => {
      seen.push([step, values['clipByGlobalNorm.norm'] ?? NaN, values['counted.before'] ?? NaN]);
    });
    for (const gradient of [null, 3, null, 4])
      tf.tidy(() => optimizer.applyGradients({ w: gradient === null ? null : tf.tensor1d([gradient]) }));
    expect(seen).toEqual([
      [0, 0, 0],
      [1, 3, 0],
      [2, 0, 1],
      [3, 4, 1],
    ]);
    expect(w.dataSync()[0]).toBeCloseTo(0.3, 6);
  });

  test('keeps every bit at a step that is skipped on data', () => {
    const w = tf.variable(tf.tensor1d([-0, 2]), true, 'w');
    const optimizer = toOptimizer(skipNonFinite(adam({ learningRate: 0.1 })));
    optimizer.applyGradients({ w: tf.tensor1d([NaN, 1]) });
    expect([...w.dataSync()]).toEqual([-0, 2]);
    optimizer.applyGradients({ w: tf.tensor1d([1, 1]) });
    expect(w.dataSync()[1]).toBeCloseTo(1.9, 6);
  });

  test('leaks no tensor in 1,000 steps and 20 saves, inside and outside tf.tidy', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const optimizer = toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1e-3 })));
    optimizer.onReport(() => {});
    const step = (): void => void optimizer.minimize(() => tf.sum(tf.square(w)));
    step();
    await optimizer.getWeights();
    const before = tf.memory().numTensors;
    for (let count = 0; count < 500; count++) step();
    for (let count = 0; count < 500; count++) tf.tidy(step);
    for (let count = 0; count < 20; count++) await optimizer.getWeights();
    expect(tf.memory().numTensors).toBe(before);
    optimizer.dispose();
    w.dispose();
  });

  test('two models train with one class and their own state', async () => {
    const [a, b] = [simpleNet(), simpleNet()];
    for (const model of [a, b])
      model.compile({ optimizer: toOptimizer(clippedAdam()), loss: 'meanSquaredError' });
    const apart = await losses(a, 3);
    expect(await losses(b, 3)).toEqual(apart);
  });

  test('follows a hyperparameter that is changed between steps', () => {
    const w = tf.variable(tf.tensor1d([0]), true, 'w');
    const optimizer: GradkitOptimizer = toOptimizer(sgd({ learningRate: 1 }));
    optimizer.applyGradients({ w: tf.tensor1d([1]) });
    optimizer.hyperparameters['sgd.learningRate'] = 10;
    optimizer.applyGradients({ w: tf.tensor1d([1]) });
    expect(w.dataSync()[0]).toBe(-11);
    expect(() => (optimizer.hyperparameters['sgd.learningrate'] = 1)).toThrow(/sgd\.learningRate/);
  });

  test('refuses a transform that yields gradients, and names sgd', () => {
    // @ts-expect-error a clip alone would climb the loss
    expect(() => toOptimizer(clipByGlobalNorm({ maxNorm: 1 }))).toThrow(/sgd/);
  });

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [3, '3'],
    [adam, 'Call it: adam({ ... })'],
    [tf.train.sgd(1), 'an object'],
  ])('refuses what is no transform, and says what it is: %s', (given, what) => {
    const make = (): unknown => Reflect.apply(toOptimizer, undefined, [given]);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow("toOptimizer's transform must be a transform");
    expect(make).toThrow(what);
  });

  describe('learningRate', () => {
    const rates = (optimizer: GradkitOptimizer, steps: number): number[] =>
      Array.from({ length: steps }, () => {
        const rate = optimizer.learningRate;
        optimizer.applyGradients({ w: tf.tensor1d([1]) });
        return rate;
      });

    test('is read and written, and takes effect at the next step', () => {
      const w = tf.variable(tf.tensor1d([0]), true, 'w');
      const optimizer = toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 1 })));
      expect(optimizer.learningRate).toBe(1);
      optimizer.learningRate = 10;
      expect(optimizer.hyperparameters['sgd.learningRate']).toBe(10);
      optimizer.applyGradients({ w: tf.tensor1d([1]) });
      optimizer.learningRate *= 10;
      optimizer.setLearningRate(optimizer.learningRate + 1);
      optimizer.applyGradients({ w: tf.tensor1d([1]) });
      expect(w.dataSync()[0]).toBe(-111);
    });

    test('of a schedule is its value in the step to come, and a number or a schedule takes its place', () => {
      const w = tf.variable(tf.tensor1d([0]), true, 'w');
      const optimizer = toOptimizer(sgd({ learningRate: (step) => step + 1 }));
      expect(rates(optimizer, 3)).toEqual([1, 2, 3]);
      expect(w.dataSync()[0]).toBe(-6);
      optimizer.learningRate = (step) => 10 * step;
      expect(rates(optimizer, 2)).toEqual([30, 40]);
      optimizer.learningRate = 7;
      expect(rates(optimizer, 2)).toEqual([7, 7]);
      expect(w.dataSync()[0]).toBe(-90);
    });

    test('of a schedule inside accumulate is that of the inner step', () => {
      tf.variable(tf.tensor1d([0]), true, 'w');
      const transform = accumulate(sgd({ learningRate: (step) => step + 1 }), { every: 2 });
      expect(rates(toOptimizer(transform), 5)).toEqual([1, 1, 2, 2, 3]);
      expect(rates(toOptimizer(accumulate(transform, { every: 2 })), 9)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3]);
    });

    test.each([-1, NaN, Infinity, '0.1', undefined])('refuses %s', (value) => {
      const optimizer = toOptimizer(sgd({ learningRate: 1 }));
      expect(() => Object.assign(optimizer, { learningRate: value })).toThrow(InvalidOptionError);
      expect(() => Reflect.apply(optimizer.setLearningRate, optimizer, [value])).toThrow(InvalidOptionError);
      expect(optimizer.learningRate).toBe(1);
    });

    test('throws where there are several, and names them', () => {
      const several = toOptimizer(
        partition({ slow: sgd({ learningRate: 1 }), fast: adam({ learningRate: 2 }) }, [
          { label: 'slow', leaves: { name: 'w' } },
          { label: 'fast' },
        ]),
      );
      expect(() => several.learningRate).toThrow(InvalidOptionError);
      expect(() => several.learningRate).toThrow(
        "hyperparameters['sgd.learningRate'], or optimizer.hyperparameters['adam.learningRate']",
      );
      expect(() => (several.learningRate = 0.1)).toThrow("['adam.learningRate'] = 0.1");
    });

    test('throws where there is none, and names what there is', () => {
      const descent = (hyperparameterName: string): GradkitOptimizer =>
        toOptimizer(
          defineTransform({
            name: 'descent',
            options: {},
            schema: { [hyperparameterName]: hyperparameter({ fallback: 3 }) },
            yields: 'updates',
            init: (): EmptyState => ({}),
            update: (updates, state) => ({ updates: neg(updates), state }),
          }),
        );
      expect(() => descent('rate').learningRate).toThrow(
        "descent of this optimizer has no learning rate. Write optimizer.hyperparameters['descent.rate'].",
      );
      expect(() => (descent('rate').learningRate = 1)).toThrow(InvalidOptionError);
    });
  });

  describe('an assignment that nothing would read', () => {
    const optimizer = (): GradkitOptimizer =>
      toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1 })));

    test.each([
      ['lr', "hyperparameters['adam.learningRate'] = 0.5"],
      ['learning_rate', "hyperparameters['adam.learningRate'] = 0.5"],
      ['LearningRate', "hyperparameters['adam.learningRate'] = 0.5"],
      ['adam.learningRate', "hyperparameters['adam.learningRate'] = 0.5"],
      ['beta1', "hyperparameters['adam.beta1'] = 0.5"],
      ['beta_2', "hyperparameters['adam.beta2'] = 0.5"],
      ['eps', "hyperparameters['adam.epsilon'] = 0.5"],
      ['maxNorm', "hyperparameters['clipByGlobalNorm.maxNorm'] = 0.5"],
      ['clipnorm', "hyperparameters['clipByGlobalNorm.maxNorm'] = 0.5"],
      ['clipNorm', "hyperparameters['clipByGlobalNorm.maxNorm'] = 0.5"],
      ['global_clipnorm', "hyperparameters['clipByGlobalNorm.maxNorm'] = 0.5"],
      ['clipvalue', 'clipByValue({ limit })'],
      ['clipValue', 'clipByValue({ limit })'],
      ['gradientClipping', 'clipByGlobalNorm({ maxNorm })'],
      ['momentum', 'sgd({ learningRate, momentum })'],
      ['weightDecay', 'adamw({ learningRate, weightDecay })'],
      ['weight_decay', 'adamw({ learningRate, weightDecay })'],
      ['adam.learningrat', 'Did you mean "adam.learningRate"?'],
      ['somethingElse', 'clipByGlobalNorm.maxNorm'],
      ['hyperparameters', "optimizer.hyperparameters['path'] = value"],
      ['iterations', 'setWeights'],
      ['iterations_', 'setWeights'],
      ['transform', 'Make another one'],
      ['options', 'Make another one'],
    ])('to %s is refused, and says what to write', (name, remedy) => {
      const assign = (): unknown => Object.assign(optimizer(), { [name]: 0.5 });
      expect(assign).toThrow(InvalidOptionError);
      expect(assign).toThrow(name);
      expect(assign).toThrow(remedy);
    });

    test('is refused in a script that is not strict too, which JavaScript lets ignore it', () => {
      for (const name of ['lr', 'iterations', 'transform']) {
        // As such a script assigns: it does not look at whether that worked.
        expect(() => Reflect.set(optimizer(), name, 1)).toThrow(InvalidOptionError);
      }
    });

    test('leaves the optimizer as it was', () => {
      const made = optimizer();
      expect(() => Object.assign(made, { lr: 1 })).toThrow('lr');
      expect('lr' in made).toBe(false);
      expect(Object.keys(made)).toEqual([]);
    });

    test('is not: one to a method, a symbol, what is defined, or of a subclass', () => {
      const made = optimizer();
      const tag = Symbol('tag');
      const spy = vi.spyOn(made, 'applyGradients');
      const minimize = (): null => null;
      Object.assign(made, { [tag]: 1, minimize });
      Object.defineProperty(made, '__v_skip', { value: true });
      tf.variable(tf.tensor1d([1]), true, 'w');
      made.applyGradients({ w: tf.tensor1d([1]) });
      expect(spy).toHaveBeenCalledOnce();
      expect(made.minimize).toBe(minimize);
      expect(Reflect.get(made, tag)).toBe(1);
      class Counting extends GradkitOptimizer {
        calls = 0;
        override applyGradients(...parameters: Parameters<GradkitOptimizer['applyGradients']>): void {
          Object.assign(this, { calls: this.calls + 1, note: 'mine' });
          super.applyGradients(...parameters);
        }
      }
      const counting = new Counting(sgd({ learningRate: 1 }));
      const v = tf.variable(tf.tensor1d([1]), true, 'v');
      counting.minimize(() => tf.sum(v));
      expect(counting).toMatchObject({ calls: 1, note: 'mine', iterations: 1 });
    });

    test('an optimizer is still one of TensorFlow.js', () => {
      expect(optimizer()).toBeInstanceOf(tf.Optimizer);
      expect(optimizer()).toBeInstanceOf(tf.serialization.Serializable);
      expect(optimizer().getClassName()).toBe('GradkitOptimizer');
    });
  });

  describe('getConfig', () => {
    test('has what code for the optimizers of TensorFlow.js reads, schedules as their value in the step to come', () => {
      tf.variable(tf.tensor1d([0]), true, 'w');
      const counting: Schedule = Object.assign((step: number): number => step + 1, {
        toJSON: () => ({ schedule: 'counting', options: {} }),
      });
      const optimizer = toOptimizer(
        chain(clipByGlobalNorm({ maxNorm: 2 }), adam({ learningRate: counting, beta1: 0.8 })),
      );
      const momentum = toOptimizer(sgd({ learningRate: 3, momentum: 0.5, nesterov: true }));
      const { transform: _, hyperparameters: __, ...rest } = momentum.getConfig();
      expect(rest).toEqual({
        learningRate: 3,
        momentum: 0.5,
        dampening: 0,
        nesterov: true,
        onNonFinite: 'propagate',
      });
      for (let step = 0; step < 2; step++) optimizer.applyGradients({ w: tf.tensor1d([1]) });
      optimizer.hyperparameters['adam.beta2'] = 0.5;
      expect(optimizer.getConfig()).toMatchObject({
        learningRate: 3,
        beta1: 0.8,
        beta2: 0.5,
        maxNorm: 2,
        normType: 2,
      });
      // One of the clip and one of Adam.
      expect(optimizer.getConfig()).not.toHaveProperty('epsilon');
    });

    test('makes the same optimizer again', () => {
      const optimizer = toOptimizer(clippedAdam());
      optimizer.learningRate = 3;
      const config = optimizer.getConfig();
      const [make, fromConfig] =
        tf.serialization.SerializationMap.getMap().classNameMap['GradkitOptimizer'] ?? [];
      if (make === undefined || fromConfig === undefined) throw new Error('not registered');
      const again: unknown = fromConfig(make, config);
      if (!(again instanceof GradkitOptimizer)) throw new Error('something else was made');
      expect(again.getConfig()).toEqual(config);
      expect(again.learningRate).toBe(3);
    });
  });

  test('refuses another dtype, another shape and an unknown variable, naming it', () => {
    tf.variable(tf.tensor1d([1], 'int32'), true, 'int');
    tf.variable(tf.tensor1d([1]), true, 'w');
    const optimizer = toOptimizer(sgd({ learningRate: 1 }));
    expect(() => optimizer.applyGradients({ int: tf.tensor1d([1]) })).toThrow(TreeMismatchError);
    expect(() => optimizer.applyGradients({ w: tf.tensor1d([1, 2]) })).toThrow(/"w"/);
    expect(() => optimizer.applyGradients({ nobody: tf.tensor1d([1]) })).toThrow(/"nobody"/);
  });

  test('throws before anything changes when a gradient is not finite and that was asked for', () => {
    const w = tf.variable(tf.tensor1d([1]), true, 'w');
    const optimizer = toOptimizer(sgd({ learningRate: 1 }), { onNonFinite: 'throw' });
    expect(() => optimizer.applyGradients({ w: tf.tensor1d([NaN]) })).toThrow(NonFiniteGradientError);
    expect(w.dataSync()[0]).toBe(1);
  });

  test('a gradient without entries is finite', () => {
    const w = tf.variable(tf.tensor1d([1]), true, 'w');
    tf.variable(tf.zeros([0, 3]), true, 'empty');
    const optimizer = toOptimizer(sgd({ learningRate: 1 }), { onNonFinite: 'throw' });
    optimizer.applyGradients({ w: tf.tensor1d([1]), empty: tf.zeros([0, 3]) });
    optimizer.applyGradients({ empty: tf.zeros([0, 3]) });
    expect(w.dataSync()[0]).toBe(0);
    const apply = (): void =>
      optimizer.applyGradients({ empty: tf.zeros([0, 3]), w: tf.tensor1d([Infinity]) });
    expect(apply).toThrow('The gradient of "w" is not finite');
  });

  test('a step that is refused leaves no trace of a variable that it would have added', async () => {
    const v = tf.variable(tf.tensor1d([1]), true, 'v');
    const w = tf.variable(tf.tensor1d([1]), true, 'w');
    const optimizer = toOptimizer(lookahead(sgd({ learningRate: 1 }), { every: 2, slowStepSize: 0.5 }), {
      onNonFinite: 'throw',
    });
    optimizer.applyGradients({ v: tf.tensor1d([1]) });
    expect(() => optimizer.applyGradients({ w: tf.tensor1d([NaN]) })).toThrow(NonFiniteGradientError);
    const names = (await optimizer.getWeights()).map(({ name }) => name);
    expect(names.filter((name) => name.endsWith('/w'))).toEqual([]);
    // Were w known since the step that was refused, the slow copy of it would be 1.
    w.assign(tf.tensor1d([100]));
    for (let step = 0; step < 2; step++) optimizer.applyGradients({ w: tf.tensor1d([1]) });
    expect(w.dataSync()[0]).toBeGreaterThan(90);
    expect(v.dataSync()[0]).toBe(0);
  });

  test.each([
    [null, 'null'],
    [[null], 'a list with something else in it'],
    [[{ tensor: 1 }], 'a list with something else in it'],
    [new Map([['w', tf.tensor1d([1])]]), 'Object.fromEntries'],
    [Promise.resolve({}), 'await'],
    [tf.tensor1d([1]), 'a tensor'],
    [{ value: tf.scalar(1), grads: {} }, 'pass its grads'],
  ])('refuses %j as gradients with the remedy', (gradients, what) => {
    const optimizer = toOptimizer(sgd({ learningRate: 1 }));
    const apply = (): unknown => Reflect.apply(optimizer.applyGradients, optimizer, [gradients]);
    expect(apply).toThrow(InvalidOptionError);
    expect(apply).toThrow(what);
  });

  test('refuses a step after setBackend', async () => {
    const name = 'another cpu';
    tf.registerBackend(name, () => tf.findBackendFactory('cpu')(), 0);
    tf.variable(tf.tensor1d([1]), true, 'w');
    const optimizer = toOptimizer(sgd({ learningRate: 1 }));
    optimizer.applyGradients({ w: tf.tensor1d([1]) });
    await tf.setBackend(name);
    try {
      expect(() => optimizer.applyGradients({ w: tf.tensor1d([1]) })).toThrow(InvalidOptionError);
    } finally {
      await tf.setBackend('cpu');
    }
  });

  test('freeze keeps a variable and needs no state for it', () => {
    const w = tf.variable(tf.tensor1d([1]), true, 'frozen/w');
    tf.variable(tf.tensor1d([1]), true, 'v');
    const optimizer = toOptimizer(chain(freeze({ name: 'frozen*' }), adam({ learningRate: 1 })));
    optimizer.applyGradients({ 'frozen/w': tf.tensor1d([1]), v: tf.tensor1d([1]) });
    expect(w.dataSync()[0]).toBe(1);
  });
});
