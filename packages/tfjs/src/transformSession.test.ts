import { clipByGlobalNorm } from '@gradkit/clip-norm';
import {
  accumulate,
  add,
  chain,
  defineTransform,
  fillLike,
  InvalidOptionError,
  mul,
  partition,
  TreeMismatchError,
  zerosLike,
  type GradientTransform,
  type Layout,
  type Leaf,
  type Schedule,
  type StateTree,
} from '@gradkit/core';
import { adam, sgd } from '@gradkit/optimizers';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Binding, BindingSession } from './binding.ts';
import { opByOp } from './opByOp.ts';
import { register } from './register.ts';
import { toOptimizer, type GradkitOptimizer } from './toOptimizer.ts';
import { wrapOptimizer } from './wrapOptimizer.ts';

const one = (value = 1): tf.Tensor => tf.tensor1d([value]);
const variable = (name: string, value = 0): tf.Variable => tf.variable(tf.tensor1d([value]), true, name);
/** The binding that runs everywhere, with something about its sessions changed. */
const altered = (change: (session: BindingSession) => BindingSession): Binding => ({
  name: 'altered',
  open: (layout) => change(opByOp().open(layout)),
});
const first = (tensor: tf.Tensor): number | undefined => tensor.dataSync()[0];

/** A schedule that can be written as JSON: 1 at the first step, then the half of the one before. */
const halving = (): Schedule =>
  Object.assign((step: number) => 0.5 ** step, { toJSON: () => ({ schedule: 'halving', options: {} }) });

/** Steps by what `update` makes of the gradient and two slots. */
function withSlots(
  start: (params: Leaf) => { a: Leaf; b: Leaf },
  update: (slots: { gradient: Leaf; a: Leaf; b: Leaf; params: Leaf }) => { step: Leaf; a: Leaf; b: Leaf },
): GradientTransform<StateTree, 'updates'> {
  return defineTransform({
    name: 'withSlots',
    options: {},
    schema: {},
    yields: 'updates',
    init: start,
    update: (gradient, { a, b }, { params }) => {
      const { step, ...state } = update({ gradient, a, b, params });
      return { updates: step, state };
    },
  });
}

async function copiesOf(optimizer: tf.Optimizer): Promise<{ name: string; tensor: tf.Tensor }[]> {
  return (await optimizer.getWeights()).map(({ name, tensor }) => ({ name, tensor: tensor.clone() }));
}

beforeAll(async () => {
  await tf.setBackend('cpu');
  register(tf, { transforms: { clipByGlobalNorm, adam, sgd }, schedules: { halving } });
});

afterEach(() => tf.disposeVariables());

describe('the state of a transform', () => {
  test('can hand one slot on to the next, so that a gradient is applied two steps late', () => {
    const w = variable('w');
    const late = withSlots(
      (params) => ({ a: zerosLike(params), b: zerosLike(params) }),
      ({ gradient, a, b }) => ({ step: b, a: gradient, b: a }),
    );
    const optimizer = toOptimizer(late);
    const seen = [1, 10, 100, 1000].map((value) => {
      optimizer.applyGradients({ w: one(value) });
      return first(w);
    });
    expect(seen).toEqual([0, 0, 1, 11]);
  });

  test('can swap two slots', () => {
    const w = variable('w');
    const swapping = withSlots(
      (params) => ({ a: fillLike(params, 1), b: fillLike(params, 10) }),
      ({ a, b }) => ({ step: a, a: b, b: a }),
    );
    const optimizer = toOptimizer(swapping);
    for (let step = 0; step < 3; step++) optimizer.applyGradients({ w: one() });
    expect(first(w)).toBe(12);
  });

  test('can keep the parameters as they were before the step', () => {
    const w = variable('w', 1);
    const doubling = withSlots(
      (params) => ({ a: params, b: zerosLike(params) }),
      ({ a, b, params }) => ({ step: add(a, mul(b, 0)), a: params, b }),
    );
    const optimizer = toOptimizer(doubling);
    const seen = [0, 1, 2].map(() => {
      optimizer.applyGradients({ w: one() });
      return first(w);
    });
    // Each step adds the parameter before the last step: 1 + 1, 2 + 1, 3 + 2.
    expect(seen).toEqual([2, 3, 5]);
  });

  test('is untouched by an update of -0, which is the variable itself', () => {
    const w = variable('w', 3);
    const still = withSlots(
      (params) => ({ a: zerosLike(params), b: zerosLike(params) }),
      ({ gradient, a, b }) => ({ step: fillLike(gradient, -0), a, b }),
    );
    const optimizer = toOptimizer(still);
    for (let step = 0; step < 3; step++) optimizer.applyGradients({ w: one() });
    expect(first(w)).toBe(3);
  });

  test('of earlier variables goes on when another one comes up', () => {
    const [w, v] = [variable('w'), variable('v')];
    const momentum = toOptimizer(sgd({ learningRate: 1, momentum: 0.5 }));
    momentum.applyGradients({ w: one() });
    momentum.applyGradients({ v: one(), w: one() });
    expect([first(w), first(v)]).toEqual([-2.5, -1]);
    momentum.hyperparameters['sgd.learningRate'] = 2;
    momentum.applyGradients({ v: one(), w: one() });
    expect([first(w), first(v)]).toEqual([-6, -4]);
  });

  test('survives when the variable of another model is disposed', () => {
    const [w, v] = [variable('w'), variable('v')];
    const optimizer = toOptimizer(sgd({ learningRate: 1, momentum: 0.5 }));
    optimizer.applyGradients({ v: one(), w: one() });
    v.dispose();
    optimizer.applyGradients({ w: one() });
    variable('u');
    optimizer.applyGradients({ w: one(), u: one() });
    expect(first(w)).toBe(-4.25);
  });

  test('ignores null for a variable that cannot be trained, or that is gone', () => {
    const w = variable('w');
    tf.variable(tf.tensor1d([1], 'int32'), true, 'i');
    const optimizer = toOptimizer(sgd({ learningRate: 1 }));
    const gradients = { i: null, nobody: null, w: one() };
    optimizer.applyGradients(gradients);
    expect(first(w)).toBe(-1);
  });

  test('counts a step whose listener throws', () => {
    const w = variable('w');
    const optimizer = toOptimizer(chain(clipByGlobalNorm({ maxNorm: 9 }), sgd({ learningRate: halving() })));
    const stop = optimizer.onReport(() => {
      throw new Error('from the listener');
    });
    expect(() => optimizer.applyGradients({ w: one() })).toThrow('from the listener');
    expect(optimizer.iterations).toBe(1);
    stop();
    optimizer.applyGradients({ w: one() });
    expect(first(w)).toBe(-1.5);
  });

  test.each<[string, (optimizer: GradkitOptimizer) => void]>([
    ['takes a step', (optimizer) => optimizer.applyGradients({ w: one() })],
    ['disposes the optimizer', (optimizer) => optimizer.dispose()],
  ])('is safe from a listener of gradients that %s: the step is refused', (_, misuse) => {
    const w = variable('w');
    const optimizer = toOptimizer(sgd({ learningRate: 1, momentum: 0.5 }));
    optimizer.applyGradients({ w: one() });
    const stop = optimizer.onGradients(() => {
      stop();
      misuse(optimizer);
    });
    const before = optimizer.iterations;
    expect(() => optimizer.applyGradients({ w: one() })).toThrow(/onGradients/);
    expect(optimizer.iterations - before).toBeLessThanOrEqual(1);
    optimizer.applyGradients({ w: one() });
    expect(Number.isFinite(first(w))).toBe(true);
  });

  test('is not changed by a step whose gradient a listener has disposed', () => {
    const w = variable('w');
    const optimizer = toOptimizer(sgd({ learningRate: 1 }));
    optimizer.onGradients((_, gradients) => tf.dispose(Array.from(gradients.values())));
    expect(() => optimizer.applyGradients({ w: one() })).toThrow(
      'The gradient of "w" is a tensor that was disposed',
    );
    expect([first(w), optimizer.iterations]).toEqual([0, 0]);
  });

  test.each([
    [undefined, 'undefined'],
    [3, '3'],
    [[3], '3'],
    [{ trainableWeights: [] }, 'model.trainableWeights'],
  ])('prepares variables, and refuses %j', async (given, what) => {
    const optimizer = toOptimizer(sgd({ learningRate: 1 }));
    const prepare: unknown = Reflect.apply(optimizer.prepare, optimizer, [given]);
    await expect(prepare).rejects.toThrow(InvalidOptionError);
    await expect(prepare).rejects.toThrow(what);
  });

  test('is refused two gradients for one variable', () => {
    variable('w');
    const twice = [
      { name: 'w', tensor: one() },
      { name: 'w', tensor: one() },
    ];
    expect(() => toOptimizer(sgd({ learningRate: 1 })).applyGradients(twice)).toThrow(TreeMismatchError);
  });
});

describe('a loaded state', () => {
  const momentum = () => toOptimizer(sgd({ learningRate: 1, momentum: 0.5 }));

  test('goes to the variables of its names, whatever their order', async () => {
    const [a, b] = [variable('a'), variable('b')];
    const before = momentum();
    before.applyGradients({ a: one(2), b: one(4) });
    const after = momentum();
    await after.setWeights(await copiesOf(before));
    after.applyGradients({ b: one(0), a: one(0) });
    expect([first(a), first(b)]).toEqual([-3, -6]);
    expect(after.iterations).toBe(2);
  });

  test('that cannot be set up leaves the one that is there', async () => {
    const a = variable('a');
    let isOpen = true;
    const open = (layout: Layout): BindingSession => {
      if (!isOpen) throw new RangeError('there is no room');
      return opByOp().open(layout);
    };
    const optimizer = toOptimizer(sgd({ learningRate: 1, momentum: 0.5 }), {
      binding: { name: 'closed at times', open },
    });
    optimizer.applyGradients({ a: one(2) });
    isOpen = false;
    await expect(optimizer.setWeights(await copiesOf(optimizer))).rejects.toThrow('no room');
    optimizer.applyGradients({ a: one(0) });
    // -2, and then half of that again.
    expect(first(a)).toBe(-3);
  });

  test('that a binding cannot take up leaves the one that is there, and no tensor', async () => {
    const [a] = [variable('a'), variable('b')];
    let isFailing = false;
    const binding = altered((session) => ({
      ...session,
      setState: (values) => {
        if (isFailing) throw new RangeError('there is no room');
        session.setState(values);
      },
    }));
    const other = momentum();
    other.applyGradients({ b: one(2) });
    const saved = await copiesOf(other);
    const optimizer = toOptimizer(sgd({ learningRate: 1, momentum: 0.5 }), { binding });
    optimizer.applyGradients({ a: one(2) });
    const before = tf.memory().numTensors;
    isFailing = true;
    await expect(optimizer.setWeights(saved)).rejects.toThrow('no room');
    expect(tf.memory().numTensors).toBe(before);
    optimizer.applyGradients({ a: one(0) });
    expect(first(a)).toBe(-3);
  });

  test('goes to variables that were renamed', async () => {
    const before = momentum();
    variable('layer/kernel');
    before.applyGradients({ 'layer/kernel': one(2) });
    const renamed = variable('layer/kernel_1');
    const after = momentum();
    await after.setWeights(await copiesOf(before));
    after.applyGradients({ 'layer/kernel_1': one(0) });
    expect(first(renamed)).toBe(-1);
  });

  test('waits for a variable that is frozen at first, and is saved again meanwhile', async () => {
    variable('a');
    const b = variable('b');
    const before = momentum();
    before.applyGradients({ a: one(2), b: one(4) });
    const between = momentum();
    await between.setWeights(await copiesOf(before));
    between.applyGradients({ a: one(0) });
    const after = momentum();
    await after.setWeights(await copiesOf(between));
    after.applyGradients({ a: one(0), b: one(0) });
    expect(first(b)).toBe(-6);
  });

  test('is refused where several variables could be meant, where none is, and where the shape is another', async () => {
    const before = momentum();
    variable('k');
    before.applyGradients({ k: one(2) });
    const saved = await copiesOf(before);
    const load = async (...names: readonly string[]): Promise<unknown> => {
      const after = momentum();
      await after.setWeights(saved);
      return after.applyGradients(names.map((name) => ({ name, tensor: one() })));
    };
    for (const name of ['k_1', 'k_2', 'other']) variable(name);
    await expect(load('k_1', 'k_2')).rejects.toThrow(/"k" could belong to any of "k_1", "k_2"/);
    await expect(load('other')).rejects.toThrow(/none of the variables "other"/);
    const wide = momentum();
    await wide.setWeights(saved);
    tf.engine().registeredVariables['k']?.dispose();
    tf.variable(tf.tensor1d([0, 0]), true, 'k');
    expect(() => wide.applyGradients({ k: tf.tensor1d([1, 1]) })).toThrow(/shape \[1\]/);
  });

  test('is refused by another transform, which would train on in silence without it', async () => {
    variable('w');
    const before = momentum();
    before.applyGradients({ w: one() });
    const saved = await copiesOf(before);
    await expect(toOptimizer(adam({ learningRate: 1 })).setWeights(saved)).rejects.toThrow(TreeMismatchError);
    const builtIn = tf.train.adam(1);
    builtIn.applyGradients([{ name: 'w', tensor: one() }]);
    await expect(momentum().setWeights(await builtIn.getWeights())).rejects.toThrow(TreeMismatchError);
  });

  test.each([NaN, -1, 1.5])('is refused where it says that %s steps were taken', async (steps) => {
    variable('w');
    const optimizer = toOptimizer(sgd({ learningRate: 1, momentum: 0.5 }));
    optimizer.applyGradients({ w: one() });
    const saved = await copiesOf(optimizer);
    const [, ...rest] = saved;
    const load = toOptimizer(sgd({ learningRate: 1, momentum: 0.5 })).setWeights([
      { name: 'iter', tensor: tf.scalar(steps) },
      ...rest,
    ]);
    await expect(load).rejects.toThrow(/steps/);
    await expect(load).rejects.toThrow(String(steps));
  });

  test('is refused where an array has another shape, though as many entries', async () => {
    tf.variable(tf.zeros([2, 3]), true, 'w');
    const optimizer = toOptimizer(sgd({ learningRate: 1, momentum: 0.5 }));
    optimizer.applyGradients({ w: tf.ones([2, 3]) });
    const saved = (await copiesOf(optimizer)).map(({ name, tensor }) =>
      name.endsWith('velocity/w') ? { name, tensor: tf.reshape(tensor, [3, 2]) } : { name, tensor },
    );
    const load = toOptimizer(sgd({ learningRate: 1, momentum: 0.5 })).setWeights(saved);
    await expect(load).rejects.toThrow(TreeMismatchError);
    await expect(load).rejects.toThrow('[3,2]');
  });

  test('is refused where its list of variables cannot be read', async () => {
    variable('w');
    const optimizer = toOptimizer(sgd({ learningRate: 1, momentum: 0.5 }));
    optimizer.applyGradients({ w: one() });
    const saved = (await copiesOf(optimizer)).map(({ name, tensor }) =>
      name === 'gradkit/leaves' ? { name, tensor: tf.tensor1d([65, 65], 'int32') } : { name, tensor },
    );
    await expect(optimizer.setWeights(saved)).rejects.toThrow(TreeMismatchError);
  });

  test.each([[undefined], [[]], [[{ name: 'iter' }]]])('is refused where it is %j', async (given) => {
    const optimizer = toOptimizer(sgd({ learningRate: 1 }));
    const load: unknown = Reflect.apply(optimizer.setWeights, optimizer, [given]);
    await expect(load).rejects.toThrow(InvalidOptionError);
  });

  test('leaves no tensor behind that the loader would not dispose', async () => {
    variable('w');
    const before = momentum();
    before.applyGradients({ w: one() });
    const saved = await copiesOf(before);
    const after = momentum();
    const count = tf.memory().numTensors;
    await after.setWeights(saved);
    for (let save = 0; save < 3; save++) await after.getWeights();
    after.dispose();
    expect(tf.memory().numTensors).toBe(count);
    expect(saved.every(({ tensor }) => !tensor.isDisposed)).toBe(true);
  });

  test("keeps the inner optimizer's slots with their variables, in another order and with a layer frozen", async () => {
    const [a, b] = [variable('a'), variable('b')];
    const make = () => wrapOptimizer(tf.train.momentum(1, 0.5), clipByGlobalNorm({ maxNorm: 100 }));
    const before = make();
    before.applyGradients({ a: one(2), b: one(4) });
    const saved = await copiesOf(before);
    const [reordered, frozen] = [make(), make()];
    await reordered.setWeights(saved);
    reordered.applyGradients({ b: one(0), a: one(0) });
    expect([first(a), first(b)]).toEqual([-3, -6]);
    await frozen.setWeights(saved);
    frozen.applyGradients({ b: one(0) });
    expect([first(a), first(b)]).toEqual([-3, -8]);
  });
});

describe('a saved model', () => {
  async function reloaded(model: tf.LayersModel): Promise<tf.LayersModel> {
    let artifacts: tf.io.ModelArtifacts = {};
    const handler = tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    });
    await model.save(handler, { includeOptimizer: true });
    return tf.loadLayersModel(tf.io.fromMemory(artifacts));
  }

  const [x, y] = [tf.tensor2d([[1, 2, 3]]), tf.tensor2d([[1, -1]])];
  const dense = (): tf.Sequential =>
    tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3], name: 'my_layer' })] });

  test('resumes with a hyperparameter that was assigned, a number or a schedule', async () => {
    const model = dense();
    const optimizer = toOptimizer(chain(clipByGlobalNorm({ maxNorm: 100 }), sgd({ learningRate: 0.1 })));
    model.compile({ optimizer, loss: 'meanSquaredError' });
    optimizer.hyperparameters['clipByGlobalNorm.maxNorm'] = 0.01;
    optimizer.hyperparameters['sgd.learningRate'] = halving();
    await model.trainOnBatch(x, y);
    const again = await reloaded(model);
    for (let step = 0; step < 4; step++) {
      expect(await again.trainOnBatch(x, y)).toBe(await model.trainOnBatch(x, y));
    }
  });

  test('keeps underscores in patterns, which TensorFlow.js would turn into capitals', async () => {
    const model = dense();
    const split = partition({ fast_one: sgd({ learningRate: 0.1 }), rest: adam({ learningRate: 0.1 }) }, [
      { label: 'fast_one', leaves: { name: '*my_layer*kernel*' } },
      { label: 'rest' },
    ]);
    model.compile({ optimizer: toOptimizer(accumulate(split, { every: 2 })), loss: 'meanSquaredError' });
    await model.trainOnBatch(x, y);
    const again = await reloaded(model);
    for (let step = 0; step < 4; step++) {
      expect(await again.trainOnBatch(x, y)).toBe(await model.trainOnBatch(x, y));
    }
  });

  test('says which name the registry lacks', async () => {
    const model = dense();
    model.compile({ optimizer: toOptimizer(adam({ learningRate: 0.1 })), loss: 'meanSquaredError' });
    await model.trainOnBatch(x, y);
    register(tf, { transforms: {} });
    await expect(reloaded(model)).rejects.toThrow(InvalidOptionError);
    register(tf, { transforms: { clipByGlobalNorm, adam, sgd }, schedules: { halving } });
  });
});

test('reports are read before an inner optimizer uses the backend, whose memory may move then', () => {
  variable('w');
  let isMoved = false;
  const binding = altered((session) => ({
    ...session,
    execute: (step) => {
      const results = session.execute(step);
      return {
        ...results,
        reports: () => {
          expect(isMoved).toBe(false);
          return results.reports();
        },
      };
    },
  }));
  const inner = tf.train.sgd(1);
  const apply = inner.applyGradients.bind(inner);
  inner.applyGradients = (gradients) => {
    isMoved = true;
    apply(gradients);
  };
  const optimizer = wrapOptimizer(inner, clipByGlobalNorm({ maxNorm: 1 }), { binding });
  const norms: (number | undefined)[] = [];
  optimizer.onReport(({ values }) => norms.push(values['clipByGlobalNorm.norm']));
  optimizer.applyGradients({ w: one(3) });
  expect([norms, isMoved]).toEqual([[3], true]);
});
