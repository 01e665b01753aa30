import { clipByGlobalNorm } from '@gradkit/clip-norm';
import {
  accumulate,
  add,
  chain,
  defineTransform,
  InvalidOptionError,
  leafScalar,
  meanOverLeaves,
  meanOverUnit,
  NonFiniteGradientError,
  push,
  scalar,
  skipNonFinite,
  sum,
  unit,
  vector,
  zerosLike,
  type GradientTransform,
  type StateTree,
} from '@gradkit/core';
import { adam, scaleByMomentum, sgd } from '@gradkit/optimizers';
import { register, toOptimizer, wrapOptimizer, type Binding, type ToOptimizerOptions } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { variableViews } from './variableViews.ts';

/** A binding and the backend that it is for. */
export interface BindingSuiteOptions {
  readonly name: string;
  readonly backend: string;
  create(): Binding;
  /** Makes the backend known and active. */
  prepare(): Promise<void>;
  /** Kernels that the backend lacks, or that share memory without counting it. */
  readonly missingKernels?: readonly string[];
  /** What may not grow over thousands of steps, beside TensorFlow.js's own count of tensors. */
  memoryInUse?(): unknown;
}

const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());
const matrix = (...values: number[]): tf.Tensor => tf.tensor2d(values, [2, 2]);
const ones = (): tf.Tensor => tf.ones([2, 2]);

/** Keeps state of each kind that there is: sums of gradients by entry, leaf, unit and altogether, and the last four means. */
function everyKindOfState(): GradientTransform<StateTree, 'updates'> {
  const kinds = defineTransform({
    name: 'everyKind',
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
    update: (updates, state) => {
      const mean = meanOverLeaves(updates);
      return {
        updates,
        state: {
          all: add(state.all, updates),
          each: add(state.each, sum(updates)),
          units: add(state.units, meanOverUnit(updates)),
          one: add(state.one, mean),
          past: push(state.past, mean),
        },
      };
    },
  });
  return chain(kinds, sgd({ learningRate: 0 }));
}

/**
 * Declares the tests of what users see of a binding beside its numbers: variables stay themselves and keep apart from all that shared
 * their memory, gradients are left alone, models train, save, load and go on, nothing gathers.
 */
export function bindingSuite(options: BindingSuiteOptions): void {
  const { name, backend, create, prepare, missingKernels = [], memoryInUse = () => 0 } = options;
  const opened: tf.Optimizer[] = [];
  const optimizerOf = (
    transform: GradientTransform<StateTree, 'updates'>,
    more: ToOptimizerOptions = {},
  ): ReturnType<typeof toOptimizer> => {
    const optimizer = toOptimizer(transform, { binding: create(), ...more });
    opened.push(optimizer);
    return optimizer;
  };
  /** Subtracts the gradient. */
  const stepper = (): tf.Optimizer => optimizerOf(sgd({ learningRate: 1 }));
  const variable = (): tf.Variable => tf.variable(matrix(1, 2, 3, 4), true, 'v');

  describe(name, () => {
    beforeAll(prepare);

    afterEach(() => {
      for (const optimizer of opened.splice(0)) optimizer.dispose();
      tf.disposeVariables();
    });

    test('clips (3, 4) at 1 and steps by the learning rate; the report is there at once', () => {
      const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
      const optimizer = optimizerOf(chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 0.1 })));
      const norms: unknown[] = [];
      optimizer.onReport(({ values }) => norms.push(values['clipByGlobalNorm.norm']));
      optimizer.applyGradients({ w: tf.tensor1d([3, 4]) });
      const [a = NaN, b = NaN] = numbers(w);
      expect(a).toBeCloseTo(0.94, 6);
      expect(b).toBeCloseTo(1.92, 6);
      expect(norms).toEqual([5]);
    });

    describe('what a user holds of a variable keeps its values over later steps', () => {
      const views = variableViews.filter(
        ({ kernels }) => !kernels.some((kernel) => missingKernels.includes(kernel)),
      );
      test.each(views)('$name', ({ look, values }) => {
        const v = variable();
        const optimizer = stepper();
        const first = look(v);
        optimizer.applyGradients({ v: ones() });
        const second = look(v);
        optimizer.applyGradients({ v: ones() });
        optimizer.applyGradients({ v: ones() });
        expect(numbers(first)).toEqual(values.map((value) => value + 1));
        expect(numbers(second)).toEqual(values);
        expect(numbers(v)).toEqual([-2, -1, 0, 1]);
      });
    });

    test('a clone outlives an assignment, and the assigned value is taken up', () => {
      const v = variable();
      const optimizer = stepper();
      optimizer.applyGradients({ v: ones() });
      const held = tf.clone(v);
      const assigned = matrix(10, 20, 30, 40);
      v.assign(assigned);
      optimizer.applyGradients({ v: ones() });
      expect([numbers(held), numbers(v), numbers(assigned)]).toEqual([
        [0, 1, 2, 3],
        [9, 19, 29, 39],
        [10, 20, 30, 40],
      ]);
    });

    test.each<[string, (v: tf.Variable) => tf.Tensor]>([
      ['a reshape', (v) => tf.reshape(tf.reshape(v, [4]), [2, 2])],
      ['a slice', (v) => tf.slice(v, [0, 0], [2, 2])],
      ['a clone', (v) => tf.clone(v)],
    ])('a variable that is assigned %s of itself goes on from it', (_, view) => {
      const v = variable();
      const optimizer = stepper();
      optimizer.applyGradients({ v: ones() });
      tf.tidy(() => v.assign(view(v)));
      optimizer.applyGradients({ v: ones() });
      expect(numbers(v)).toEqual([-1, 0, 1, 2]);
    });

    test('two variables made of one tensor are stepped apart, and the tensor keeps its values', () => {
      const start = ones();
      const [a, b] = [tf.variable(start, true, 'a'), tf.variable(start, true, 'b')];
      const optimizer = stepper();
      for (let count = 0; count < 2; count++) optimizer.applyGradients({ a: ones(), b: tf.mul(ones(), 2) });
      expect([numbers(a), numbers(b), numbers(start)]).toEqual([
        [-1, -1, -1, -1],
        [-3, -3, -3, -3],
        [1, 1, 1, 1],
      ]);
    });

    test('two variables made of one array are stepped apart, and the array keeps its values', () => {
      const array = Float32Array.of(1, 2, 3, 4);
      const [a, b] = ['a', 'b'].map((each) => tf.variable(tf.tensor(array, [2, 2], 'float32'), true, each));
      const optimizer = stepper();
      optimizer.applyGradients({ a: ones() });
      optimizer.applyGradients({ a: ones(), b: ones() });
      expect([a, b].map((each) => (each === undefined ? [] : numbers(each)))).toEqual([
        [-1, 0, 1, 2],
        [0, 1, 2, 3],
      ]);
      expect(Array.from(array)).toEqual([1, 2, 3, 4]);
    });

    test('two variables that are assigned each other change places', () => {
      const [a, b] = [tf.variable(ones(), true, 'a'), tf.variable(matrix(5, 6, 7, 8), true, 'b')];
      const optimizer = stepper();
      const both = (): void => optimizer.applyGradients({ a: ones(), b: ones() });
      both();
      tf.tidy(() => {
        const kept = tf.clone(a);
        a.assign(b);
        b.assign(kept);
      });
      both();
      expect([numbers(a), numbers(b)]).toEqual([
        [3, 4, 5, 6],
        [-1, -1, -1, -1],
      ]);
    });

    test('a variable that is assigned another one goes its own way', () => {
      const [a, b] = [tf.variable(ones(), true, 'a'), tf.variable(matrix(5, 6, 7, 8), true, 'b')];
      const optimizer = stepper();
      optimizer.applyGradients({ a: ones(), b: ones() });
      a.assign(b);
      optimizer.applyGradients({ b: ones() });
      expect(numbers(a)).toEqual([4, 5, 6, 7]);
      optimizer.applyGradients({ a: ones(), b: ones() });
      expect([numbers(a), numbers(b)]).toEqual([
        [3, 4, 5, 6],
        [2, 3, 4, 5],
      ]);
    });

    test('a variable of integers that were cast is stepped, and the integers stay', () => {
      const integers = tf.tensor1d([1, 2], 'int32');
      const w = tf.variable(tf.cast(integers, 'float32'), true, 'w');
      const optimizer = optimizerOf(sgd({ learningRate: 0.5 }));
      for (let count = 0; count < 3; count++) optimizer.applyGradients({ w: tf.tensor1d([1, 1]) });
      expect([numbers(w), numbers(integers)]).toEqual([
        [-0.5, 0.5],
        [1, 2],
      ]);
    });

    test('gradients of integers that were cast, and of truth values, are read', () => {
      const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
      const optimizer = stepper();
      optimizer.applyGradients({ w: tf.cast(tf.tensor1d([3, 4], 'int32'), 'float32') });
      optimizer.applyGradients({ w: tf.cast(tf.tensor1d([true, false], 'bool'), 'float32') });
      expect(numbers(w)).toEqual([-3, -2]);
    });

    test('gradients that share memory are read and left alone', () => {
      const [a, b] = [variable(), tf.variable(tf.zeros([2, 2]), true, 'b')];
      const optimizer = optimizerOf(chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 1 })));
      const { grads } = tf.variableGrads(() => tf.sum(tf.add(a, b)));
      optimizer.applyGradients(grads);
      // Eight ones have the norm of the root of 8, so each entry is clipped to 0.3536.
      expect(numbers(b)[0]).toBeCloseTo(-Math.SQRT1_2 / 2, 6);
      expect(Object.values(grads).map(numbers)).toEqual([
        [1, 1, 1, 1],
        [1, 1, 1, 1],
      ]);
    });

    test.each<[string, (v: tf.Variable) => tf.Tensor]>([
      ['the variable itself', (v) => v],
      ['a clone of it', (v) => tf.clone(v)],
      ['a slice of it', (v) => tf.slice(v, [0, 0], [2, 2])],
    ])('a gradient that is %s is read before anything is written', (_, gradientOf) => {
      const [v, w] = [variable(), tf.variable(ones(), true, 'w')];
      const optimizer = stepper();
      for (let count = 0; count < 2; count++) {
        optimizer.applyGradients({ v: ones(), w: ones() });
        const gradient = gradientOf(v);
        optimizer.applyGradients({ v: gradient, w: gradient });
        expect(numbers(v)).toEqual([0, 0, 0, 0]);
        expect(numbers(w)).toEqual([0, -1, -2, -3]);
        v.assign(matrix(1, 2, 3, 4));
        w.assign(ones());
      }
    });

    test('two optimizers take turns on one variable, and clones of each step stay', () => {
      const v = variable();
      const [one, other] = [stepper(), stepper()];
      const held = [one, other, one, other].map((optimizer) => {
        optimizer.applyGradients({ v: ones() });
        return tf.reshape(v, [4]);
      });
      expect(held.map((tensor) => numbers(tensor)[3])).toEqual([3, 2, 1, 0]);
      one.dispose();
      other.dispose();
      expect(numbers(v)).toEqual([-3, -2, -1, 0]);
    });

    test('variables and what is held of them outlive the optimizer', () => {
      const v = variable();
      const optimizer = stepper();
      optimizer.applyGradients({ v: ones() });
      const held = [tf.reshape(v, [4]), tf.slice(v, [1, 0], [1, 2])];
      optimizer.dispose();
      expect(numbers(v)).toEqual([0, 1, 2, 3]);
      stepper().applyGradients({ v: ones() });
      expect([...held.map(numbers), numbers(v)]).toEqual([
        [0, 1, 2, 3],
        [2, 3],
        [-1, 0, 1, 2],
      ]);
    });

    test('a disposed variable leaves what is held of it, and another may take its name', () => {
      const v = variable();
      const optimizer = stepper();
      optimizer.applyGradients({ v: ones() });
      const held = tf.clone(v);
      v.dispose();
      const next = tf.variable(ones(), true, 'v');
      optimizer.applyGradients({ v: ones() });
      expect([numbers(held), numbers(next)]).toEqual([
        [0, 1, 2, 3],
        [0, 0, 0, 0],
      ]);
    });

    test('a variable that comes up later is stepped beside the others, whose state goes on', () => {
      const [a, b] = [tf.variable(tf.zeros([2]), true, 'a'), tf.variable(tf.zeros([2]), true, 'b')];
      const optimizer = optimizerOf(sgd({ learningRate: 1, momentum: 0.5 }));
      const gradient = tf.tensor1d([1, 2]);
      optimizer.applyGradients({ a: gradient });
      optimizer.applyGradients({ a: gradient, b: gradient });
      // Momentum adds 1, and then 1.5.
      expect([numbers(a), numbers(b)]).toEqual([
        [-2.5, -5],
        [-1, -2],
      ]);
    });

    test('a null gradient leaves its variable and its state alone', () => {
      const [a, b] = [tf.variable(tf.tensor1d([-0, NaN]), true, 'a'), tf.variable(tf.zeros([2]), true, 'b')];
      const optimizer = optimizerOf(sgd({ learningRate: 1, momentum: 0.5 }));
      const gradient = tf.tensor1d([1, 2]);
      const list = (one: tf.Tensor | null): { name: string; tensor: tf.Tensor | null }[] => [
        { name: 'a', tensor: one },
        { name: 'b', tensor: gradient },
      ];
      optimizer.applyGradients(list(null));
      expect(numbers(a)).toEqual([-0, NaN]);
      a.assign(tf.zeros([2]));
      optimizer.applyGradients(list(gradient));
      optimizer.applyGradients(list(null));
      expect([numbers(a), numbers(b)]).toEqual([
        [-1, -2],
        [-4.25, -8.5],
      ]);
    });

    test('scalars, empty variables and large ones are stepped', () => {
      const single = tf.variable(tf.scalar(5), true, 'scalar');
      const empty = tf.variable(tf.zeros([0, 3]), true, 'empty');
      const large = tf.variable(tf.range(0, 100_000), true, 'large');
      const optimizer = stepper();
      for (let count = 0; count < 2; count++) {
        optimizer.applyGradients({
          scalar: tf.scalar(2),
          empty: tf.zeros([0, 3]),
          large: tf.mul(tf.ones([100_000]), 0.5),
        });
      }
      expect(numbers(single)).toEqual([1]);
      expect(numbers(empty)).toEqual([]);
      expect(numbers(large)).toEqual(Array.from({ length: 100_000 }, (_unused, index) => index - 1));
    });

    test('an inner optimizer gets clipped gradients of its own', () => {
      const v = variable();
      const optimizer = wrapOptimizer(tf.train.momentum(1, 0.5), clipByGlobalNorm({ maxNorm: 1 }), {
        binding: create(),
      });
      opened.push(optimizer);
      const gradient = ones();
      for (let count = 0; count < 2; count++) optimizer.applyGradients({ v: gradient });
      // (1, 1, 1, 1) has norm 2, so each entry is clipped to 0.5; momentum adds 0.5 and then 0.75.
      expect(numbers(v)).toEqual([-0.25, 0.75, 1.75, 2.75]);
      expect(numbers(gradient)).toEqual([1, 1, 1, 1]);
    });

    test('an inner optimizer that throws leaves the state of the transform as it was', () => {
      const v = variable();
      const inner = tf.train.sgd(1);
      const optimizer = wrapOptimizer(inner, scaleByMomentum({ momentum: 0.5 }), { binding: create() });
      opened.push(optimizer);
      optimizer.applyGradients({ v: ones() });
      const spy = vi.spyOn(inner, 'applyGradients').mockImplementation(() => {
        throw new Error('the inner one fails');
      });
      expect(() => optimizer.applyGradients({ v: ones() })).toThrow('the inner one fails');
      spy.mockRestore();
      optimizer.applyGradients({ v: ones() });
      // Velocities of 1 and 1.5.
      expect(numbers(v)).toEqual([-1.5, -0.5, 0.5, 1.5]);
    });

    test('micro-steps gather, and a step that is not finite is left out bit for bit', () => {
      const v = variable();
      const optimizer = optimizerOf(accumulate(skipNonFinite(sgd({ learningRate: 1 })), { every: 2 }));
      const given = [1, 3, NaN, 1, 2, 2].map((value) => {
        optimizer.applyGradients({ v: tf.mul(ones(), value) });
        return numbers(v)[0];
      });
      expect(given).toEqual([1, -1, -1, -1, -1, -3]);
    });

    test("onNonFinite: 'throw' refuses the step before anything changes", () => {
      const v = variable();
      const optimizer = optimizerOf(sgd({ learningRate: 1 }), { onNonFinite: 'throw' });
      optimizer.applyGradients({ v: ones() });
      expect(() => optimizer.applyGradients({ v: matrix(1, NaN, 1, 1) })).toThrow(NonFiniteGradientError);
      expect(numbers(v)).toEqual([0, 1, 2, 3]);
    });

    test('values of a step are read by every way that TensorFlow.js has', async () => {
      const v = variable();
      const optimizer = stepper();
      optimizer.applyGradients({ v: ones() });
      const bytes = new Uint8Array(Float32Array.of(0, 1, 2, 3).buffer);
      expect(Array.from(await v.data())).toEqual([0, 1, 2, 3]);
      expect(await v.array()).toEqual([
        [0, 1],
        [2, 3],
      ]);
      expect((await v.buffer()).get(1, 0)).toBe(2);
      expect(v.bufferSync().get(1, 1)).toBe(3);
      expect(await v.bytes()).toEqual(bytes);
      const { data } = await tf.io.encodeWeights([{ name: 'v', tensor: v }]);
      expect(new Uint8Array(data)).toEqual(bytes);
    });

    test.each<[string, () => tf.Optimizer, GradientTransform<StateTree, 'updates'>]>([
      ['adam', () => tf.train.adam(0.001), adam({ learningRate: 0.001, epsilon: 1e-7 })],
      ['momentum', () => tf.train.momentum(0.01, 0.9), sgd({ learningRate: 0.01, momentum: 0.9 })],
    ])('goes on from tf.train.%s with its moments, as TensorFlow.js does', async (_, make, transform) => {
      const [theirs, ours] = ['theirs', 'ours'].map((each) => tf.variable(matrix(1, 2, 3, 4), true, each));
      const [their, started] = [make(), make()];
      const gradient = (step: number): tf.Tensor =>
        matrix(...[1, 2, 3, 4].map((entry) => Math.sin(entry + step)));
      const optimizer = optimizerOf(transform);
      for (let step = 0; step < 25; step++) {
        if (step === 5) await optimizer.continueFrom(started);
        their.applyGradients({ theirs: gradient(step) });
        (step < 5 ? started : optimizer).applyGradients({ ours: gradient(step) });
      }
      const wanted = theirs === undefined ? [] : numbers(theirs);
      expect(optimizer.iterations).toBe(25);
      (ours === undefined ? [] : numbers(ours)).forEach((value, index) =>
        expect(Math.abs(value - (wanted[index] ?? NaN))).toBeLessThanOrEqual(1e-6),
      );
      their.dispose();
      started.dispose();
    });

    test('an array that dataSync or data gave keeps its values over later steps', async () => {
      const v = variable();
      const optimizer = stepper();
      optimizer.applyGradients({ v: ones() });
      const first = v.dataSync();
      optimizer.applyGradients({ v: ones() });
      const second = await v.data();
      optimizer.applyGradients({ v: ones() });
      expect([first, second, v.dataSync()].map((array) => Array.from(array))).toEqual([
        [0, 1, 2, 3],
        [-1, 0, 1, 2],
        [-2, -1, 0, 1],
      ]);
    });

    test('saved state has the shapes that it has operation by operation, and each loads what the other saved', async () => {
      const saved = async (
        optimizer: ReturnType<typeof toOptimizer>,
      ): Promise<[string, number[], number[]][]> =>
        (await optimizer.getWeights()).map(({ name: weight, tensor }) => [
          weight,
          tensor.shape,
          numbers(tensor),
        ]);
      const names = ['matrix', 'row', 'scalar'];
      const made = [tf.zeros([2, 3]), tf.zeros([1, 3]), tf.scalar(0)];
      const variables = made.map((tensor, index) => tf.variable(tensor, true, names[index]));
      const train = (optimizer: tf.Optimizer, value: number): void =>
        optimizer.applyGradients(
          Object.fromEntries(
            variables.map(({ name: each, shape }) => [each, tf.fill(shape, value, 'float32')]),
          ),
        );
      const bound = optimizerOf(everyKindOfState());
      const plain = toOptimizer(everyKindOfState());
      opened.push(plain);
      for (const optimizer of [bound, plain]) train(optimizer, 2);
      const [weights, plainWeights] = [await saved(bound), await saved(plain)];
      expect(weights).toEqual(plainWeights);
      expect(weights.map(([weight, shape]) => [weight.replace(/^gradkit\/state\//, ''), shape])).toEqual([
        ['iter', []],
        ['gradkit/leaves', [weights[1]?.[2].length]],
        ['everyKind/all/matrix', [2, 3]],
        ['everyKind/all/row', [1, 3]],
        ['everyKind/all/scalar', []],
        ['everyKind/each/matrix', []],
        ['everyKind/each/row', []],
        ['everyKind/each/scalar', []],
        ['everyKind/units/matrix', [3]],
        ['everyKind/units/row', []],
        ['everyKind/units/scalar', []],
        ['everyKind/one', []],
        ['everyKind/past', [4]],
      ]);
      const copies = await Promise.all(
        [bound, plain].map(async (optimizer) =>
          (await optimizer.getWeights()).map(({ name: weight, tensor }) => ({
            name: weight,
            tensor: tf.clone(tensor),
          })),
        ),
      );
      const [fromBound = [], fromPlain = []] = copies;
      await plain.setWeights(fromBound);
      await bound.setWeights(fromPlain);
      for (const optimizer of [bound, plain]) train(optimizer, 3);
      expect(await saved(bound)).toEqual(await saved(plain));
      expect((await saved(bound)).find(([weight]) => weight.endsWith('/past'))?.[2]).toEqual([0, 0, 2, 3]);
    });

    test('an array that data was asked for before a step has the values from before it, however late it is awaited', async () => {
      const v = variable();
      const optimizer = stepper();
      optimizer.applyGradients({ v: ones() });
      const asked = v.data();
      optimizer.applyGradients({ v: ones() });
      expect([Array.from(await asked), Array.from(await v.data())]).toEqual([
        [0, 1, 2, 3],
        [-1, 0, 1, 2],
      ]);
    });

    test('a forward pass after a step sees the new values, whatever the backend has made of the old ones', () => {
      const [w, b] = [
        tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2]), true, 'v'),
        tf.variable(tf.tensor1d([10, 20]), true, 'b'),
      ];
      const x = tf.tensor2d([1, 1], [1, 2]);
      const forward = (): number[][] => [
        numbers(tf.matMul(x, w)),
        numbers(tf.fused.matMul({ a: x, b: w, bias: b, activation: 'relu' })),
        numbers(tf.conv2d(tf.reshape<tf.Rank.R4>(x, [1, 1, 1, 2]), tf.reshape(w, [1, 1, 2, 2]), 1, 'same')),
      ];
      const optimizer = stepper();
      expect(forward()).toEqual([
        [4, 6],
        [14, 26],
        [4, 6],
      ]);
      optimizer.applyGradients({ v: ones(), b: tf.tensor1d([1, 1]) });
      expect(forward()).toEqual([
        [2, 4],
        [11, 23],
        [2, 4],
      ]);
      optimizer.applyGradients({ v: ones() });
      expect(forward()).toEqual([
        [0, 2],
        [9, 21],
        [0, 2],
      ]);
    });

    test('a model trains by fit and trainOnBatch as it does operation by operation, also with a frozen layer', async () => {
      const trained = async (more: ToOptimizerOptions): Promise<number[]> => {
        const model = smallModel();
        const optimizer = toOptimizer(
          chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.01 })),
          more,
        );
        opened.push(optimizer);
        const compile = (): void => model.compile({ optimizer, loss: 'meanSquaredError' });
        const { xs, ys } = batch();
        compile();
        await model.fit(xs, ys, { epochs: 2, batchSize: 4, shuffle: false });
        const [first] = model.layers;
        if (first !== undefined) first.trainable = false;
        compile();
        await model.trainOnBatch(xs, ys);
        if (first !== undefined) first.trainable = true;
        compile();
        await model.trainOnBatch(xs, ys);
        const weights = model.getWeights().flatMap(numbers);
        model.dispose();
        return weights;
      };
      const [bound, defined] = [await trained({ binding: create() }), await trained({})];
      expect(bound.length).toBe(27);
      bound.forEach((value, index) => expect(value).toBeCloseTo(defined[index] ?? NaN, 5));
    });

    test('a model is saved, loaded and goes on with the same bits', async () => {
      register(tf, { transforms: { clipByGlobalNorm, adam }, binding: create() });
      const model = smallModel();
      const optimizer = optimizerOf(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.01 })));
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const { xs, ys } = batch();
      const train = async (one: tf.LayersModel): Promise<unknown> => {
        for (let count = 0; count < 5; count++) await one.trainOnBatch(xs, ys);
        return one.getWeights().map(numbers);
      };
      await train(model);
      let saved: tf.io.ModelArtifacts | undefined;
      const handler = tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      });
      await model.save(handler, { includeOptimizer: true });
      const wanted = await train(model);
      if (saved === undefined) throw new Error('nothing was saved');
      const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved));
      opened.push(loaded.optimizer);
      expect(await train(loaded)).toEqual(wanted);
      model.dispose();
      loaded.dispose();
    });

    test('ten thousand steps leave nothing behind', { timeout: 300_000 }, () => {
      const before = tf.memory().numTensors;
      const [w, v] = tf.tidy(() => [tf.variable(tf.ones([7, 7]), true, 'w'), variable()]);
      const optimizer = optimizerOf(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.01 })));
      const loss = (): tf.Scalar => tf.add(tf.sum(tf.square(tf.reshape(w, [49]))), tf.sum(tf.square(v)));
      const take = (count: number): void => {
        for (let step = 0; step < count; step++) optimizer.minimize(loss);
      };
      take(100);
      const counts = { ...tf.memory(), inUse: memoryInUse() };
      take(10_000);
      expect({ ...tf.memory(), inUse: memoryInUse() }).toEqual(counts);
      optimizer.dispose();
      tf.dispose([w, v]);
      expect(tf.memory().numTensors).toBe(before);
    });

    test('another active backend is refused with a remedy that helps, and a state stays where it was', async () => {
      const instance = tf.backend();
      if (!('another' in tf.engine().registryFactory)) tf.registerBackend('another', () => instance);
      const v = variable();
      const optimizer = stepper();
      try {
        await tf.setBackend('another');
        expect(() => optimizer.applyGradients({ v: ones() })).toThrow(InvalidOptionError);
        expect(() => optimizer.applyGradients({ v: ones() })).toThrow(`setBackend('${backend}')`);
      } finally {
        await tf.setBackend(backend);
      }
      optimizer.applyGradients({ v: ones() });
      expect(numbers(v)).toEqual([0, 1, 2, 3]);
    });

    test.each<[string, () => unknown, RegExp]>([
      ['a tensor that was disposed', disposed, /disposed.*alive/],
      ['an array', () => [1, 1, 1, 1], /an array.*alive/],
    ])('a gradient that is %s is refused, and nothing changes', (_, make, message) => {
      const v = variable();
      const optimizer = stepper();
      expect(() => Reflect.apply(optimizer.applyGradients, optimizer, [{ v: make() }])).toThrow(message);
      expect(numbers(v)).toEqual([1, 2, 3, 4]);
    });
  });
}

function disposed(): tf.Tensor {
  const tensor = tf.ones([2, 2]);
  tensor.dispose();
  return tensor;
}

function smallModel(): tf.Sequential {
  // The uniform initializers of older versions forget their seed.
  const start = (seed: number): ReturnType<typeof tf.initializers.truncatedNormal> =>
    tf.initializers.truncatedNormal({ stddev: 0.3, seed });
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 5, inputShape: [2], activation: 'relu', kernelInitializer: start(1) }),
      tf.layers.dense({ units: 2, kernelInitializer: start(2) }),
    ],
  });
}

function batch(): { xs: tf.Tensor2D; ys: tf.Tensor2D } {
  return {
    xs: tf.randomUniform([8, 2], -1, 1, 'float32', 3),
    ys: tf.randomUniform([8, 2], -1, 1, 'float32', 4),
  };
}
