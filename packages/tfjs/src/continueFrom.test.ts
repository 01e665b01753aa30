import { clipByGlobalNorm } from '@gradkit/clip-norm';
import {
  accumulate,
  chain,
  InvalidOptionError,
  lookahead,
  namedChain,
  TreeMismatchError,
  type GradientTransform,
  type StateTree,
} from '@gradkit/core';
import { adagrad, adam, rmsprop, sgd } from '@gradkit/optimizers';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { toOptimizer } from './toOptimizer.ts';

type Optimizer = GradientTransform<StateTree, 'updates'>;

beforeAll(async () => void (await tf.setBackend('cpu')));
afterEach(() => tf.disposeVariables());

const shapes = { kernel: [3, 2], bias: [2], scalar: [] };

/** Two variables of each name, of which one is stepped by TensorFlow.js and one by us. */
function twins(): { readonly theirs: tf.Variable[]; readonly ours: tf.Variable[] } {
  const made = (prefix: string): tf.Variable[] =>
    Object.entries(shapes).map(([name, shape], index) =>
      tf.variable(tf.fill(shape, index - 0.5), true, `${prefix}${name}`),
    );
  return { theirs: made(''), ours: made('our ') };
}

/** Gradients of about the size 1 that change from step to step. */
function gradientsFor(
  variables: readonly tf.Variable[],
  step: number,
): { name: string; tensor: tf.Tensor }[] {
  return variables.map(({ name, shape, size }, variable) => ({
    name,
    tensor: tf.tensor(
      Array.from({ length: size }, (_, index) => Math.sin(7 * step + 3 * variable + index) + 0.3),
      shape,
    ),
  }));
}

const numbers = (variables: readonly tf.Variable[]): number[] =>
  variables.flatMap((variable) => Array.from(variable.dataSync()));

function expectClose(ours: readonly number[], theirs: readonly number[], tolerance = 1e-6): void {
  expect(ours).toHaveLength(theirs.length);
  // Of the size of the numbers where they are above 1, as a loss may be.
  const furthest = Math.max(
    ...ours.map((value, index) => {
      const their = theirs[index] ?? NaN;
      return Math.abs(value - their) / Math.max(1, Math.abs(their));
    }),
  );
  expect(furthest).toBeLessThanOrEqual(tolerance);
}

const cases: readonly [string, () => tf.Optimizer, Optimizer][] = [
  ['adam', () => tf.train.adam(0.001), adam({ learningRate: 0.001, epsilon: 1e-7 })],
  [
    'adam with numbers of its own',
    () => tf.train.adam(0.02, 0.8, 0.95, 1e-3),
    adam({ learningRate: 0.02, beta1: 0.8, beta2: 0.95, epsilon: 1e-3 }),
  ],
  ['momentum', () => tf.train.momentum(0.01, 0.9), sgd({ learningRate: 0.01, momentum: 0.9 })],
  [
    'momentum after Nesterov',
    () => tf.train.momentum(0.01, 0.9, true),
    sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true }),
  ],
  [
    'rmsprop',
    () => tf.train.rmsprop(0.001, 0.9),
    rmsprop({ learningRate: 0.001, epsilon: 1e-7, epsilonInRoot: true }),
  ],
  [
    'rmsprop with momentum',
    () => tf.train.rmsprop(0.001, 0.8, 0.9, 1e-3),
    rmsprop({ learningRate: 0.001, decay: 0.8, momentum: 0.9, epsilon: 1e-3, epsilonInRoot: true }),
  ],
  [
    'adagrad',
    () => tf.train.adagrad(0.01, 0.2),
    adagrad({ learningRate: 0.01, initialAccumulatorValue: 0.2, epsilon: 1e-7, epsilonInRoot: true }),
  ],
  ['sgd', () => tf.train.sgd(0.01), sgd({ learningRate: 0.01 })],
];

describe.each(cases)('from tf.train.%s', (_, make, transform) => {
  test.each([0, 1, 7])('after %i steps, 20 more are those that TensorFlow.js takes', async (before) => {
    const { theirs, ours } = twins();
    const [their, started] = [make(), make()];
    for (let step = 0; step < before; step++) {
      their.applyGradients(gradientsFor(theirs, step));
      started.applyGradients(gradientsFor(ours, step));
    }
    const optimizer = toOptimizer(transform);
    await optimizer.continueFrom(started);
    expect(optimizer.iterations).toBe(before);
    for (let step = before; step < before + 20; step++) {
      their.applyGradients(gradientsFor(theirs, step));
      optimizer.applyGradients(gradientsFor(ours, step));
    }
    expectClose(numbers(ours), numbers(theirs));
  });

  test('a model that was saved with it goes on in the same process, where variables are renamed', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ units: 4, inputShape: [3], activation: 'tanh' }),
        tf.layers.dense({ units: 2 }),
      ],
    });
    // Weights of its own: initial ones are others in each run.
    model.setWeights(
      model.getWeights().map(({ shape, size }) =>
        tf.tensor(
          Array.from(new Float32Array(size).keys(), (index) => Math.sin(index + 1) / 2),
          shape,
        ),
      ),
    );
    model.compile({ optimizer: make(), loss: 'meanSquaredError' });
    const [x, y] = [
      tf.tensor2d([
        [1, 2, 3],
        [3, 1, 2],
      ]),
      tf.tensor2d([
        [1, -1],
        [0, 1],
      ]),
    ];
    for (let step = 0; step < 5; step++) await model.trainOnBatch(x, y);
    let saved: tf.io.ModelArtifacts = {};
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
      { includeOptimizer: true },
    );
    const again = await tf.loadLayersModel(tf.io.fromMemory(saved));
    const optimizer = toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1e6 }), transform));
    await optimizer.continueFrom(again.optimizer);
    again.compile({ optimizer, loss: 'meanSquaredError' });
    for (let step = 0; step < 20; step++) {
      const [theirs, ours] = [await model.trainOnBatch(x, y), await again.trainOnBatch(x, y)];
      expectClose([Number(ours)], [Number(theirs)]);
    }
    expect(optimizer.iterations).toBe(25);
  });

  test('the other optimizer keeps its state, and no tensor is left over', async () => {
    const { theirs } = twins();
    const started = make();
    started.applyGradients(gradientsFor(theirs, 0));
    const optimizer = toOptimizer(transform);
    const before = tf.memory().numTensors;
    await optimizer.continueFrom(started);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
    started.applyGradients(gradientsFor(theirs, 1));
    expect(numbers(theirs).every(Number.isFinite)).toBe(true);
  });
});

test('centered RMSProp goes on, where its gradients have a deviation', async () => {
  const make = (): tf.Optimizer => tf.train.rmsprop(0.001, 0.9, 0.5, 1e-9, true);
  const { theirs, ours } = twins();
  const [their, started] = [make(), make()];
  const optimizer = toOptimizer(
    rmsprop({ learningRate: 0.001, momentum: 0.5, epsilon: 1e-9, epsilonInRoot: true, centered: true }),
  );
  for (let step = 0; step < 25; step++) {
    if (step === 5) await optimizer.continueFrom(started);
    their.applyGradients(gradientsFor(theirs, step));
    (step < 5 ? started : optimizer).applyGradients(gradientsFor(ours, step));
  }
  expect(optimizer.iterations).toBe(25);
  // Their epsilon is subtracted inside the root, ours added.
  expectClose(numbers(ours), numbers(theirs), 2e-6);
});

describe('what goes on', () => {
  const started = (make: tf.Optimizer = tf.train.adam(0.01)): tf.Optimizer => {
    const { theirs } = twins();
    for (let step = 0; step < 3; step++) make.applyGradients(gradientsFor(theirs, step));
    return make;
  };
  const theirs = { learningRate: 0.01, epsilon: 1e-7 };

  test('is saved and loaded as any other', async () => {
    const optimizer = toOptimizer(adam(theirs));
    await optimizer.continueFrom(started());
    const copy = toOptimizer(adam(theirs));
    const weights = await optimizer.getWeights();
    await copy.setWeights(weights.map(({ name, tensor }) => ({ name, tensor: tf.clone(tensor) })));
    expect(copy.iterations).toBe(3);
    const again = await copy.getWeights();
    expect(again.map(({ name, tensor }) => [name, Array.from(tensor.dataSync())])).toEqual(
      weights.map(({ name, tensor }) => [name, Array.from(tensor.dataSync())]),
    );
    expect(again.length).toBe(2 + 4 * 3);
  });

  test('may stand in a chain under a key, and in accumulate, whose window begins empty', async () => {
    const optimizer = toOptimizer(
      accumulate(namedChain({ clip: clipByGlobalNorm({ maxNorm: 1 }), step: adam(theirs) }), { every: 2 }),
    );
    await optimizer.continueFrom(started());
    const weights = new Map((await optimizer.getWeights()).map(({ name, tensor }) => [name, tensor]));
    expect(weights.get('gradkit/state/accumulate/count/bias')?.dataSync()[0]).toBe(0);
    expect(weights.get('gradkit/state/step/firstDebias/bias')?.dataSync()[0]).toBeCloseTo(1 - 0.9 ** 3, 6);
    expect(weights.get('gradkit/state/step/firstMoment/bias')?.dataSync()[0]).not.toBe(0);
  });

  test('may have another learning rate, or a schedule, which counts on', async () => {
    const optimizer = toOptimizer(adam({ ...theirs, learningRate: (step) => step / 10 }));
    await optimizer.continueFrom(started());
    expect(optimizer.learningRate).toBeCloseTo(0.3, 9);
  });

  test.each<[string, () => tf.Optimizer, Optimizer, string]>([
    ['adamax', () => tf.train.adamax(0.01), adam(theirs), 'Adamax of TensorFlow.js has no counterpart'],
    ['adadelta', () => tf.train.adadelta(0.01), adam(theirs), 'Adadelta of TensorFlow.js has no counterpart'],
    ['another transform', () => tf.train.adam(0.01), sgd({ learningRate: 1 }), 'keeps no firstMoment'],
    [
      'another epsilon',
      () => tf.train.adam(0.01),
      adam({ learningRate: 0.01 }),
      'Write adam({ learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 })',
    ],
    ['another beta1', () => tf.train.adam(0.01, 0.5), adam(theirs), 'beta1 = 0.5, but adam has 0.9'],
    [
      'another momentum',
      () => tf.train.momentum(0.01, 0.5),
      sgd({ learningRate: 1, momentum: 0.9 }),
      'Write sgd({ learningRate: 0.01, momentum: 0.5, nesterov: false })',
    ],
    [
      'epsilon outside the root',
      () => tf.train.adagrad(0.01),
      adagrad({ learningRate: 1, epsilon: 1e-7 }),
      'epsilonInRoot = true, but adagrad has false',
    ],
    [
      'centered',
      () => tf.train.rmsprop(0.01, 0.9, 0, 1e-7, true),
      rmsprop({ learningRate: 1, epsilon: 1e-7, epsilonInRoot: true }),
      'keeps no mean',
    ],
    [
      'no Nesterov',
      () => tf.train.momentum(0.01, 0.9, true),
      sgd({ learningRate: 1, momentum: 0.9 }),
      'nesterov = true, but sgd has false',
    ],
    [
      'a part that begins with the variables',
      () => tf.train.adam(0.01),
      lookahead(adam(theirs)),
      'lookahead',
    ],
    ['one of ours', () => toOptimizer(adam(theirs)), adam(theirs), 'setWeights'],
  ])('is refused for %s, with the remedy', async (__, make, transform, remedy) => {
    const optimizer = toOptimizer(transform);
    await expect(optimizer.continueFrom(make())).rejects.toThrow(InvalidOptionError);
    await expect(optimizer.continueFrom(make())).rejects.toThrow(remedy);
    expect(optimizer.iterations).toBe(0);
  });

  test.each([undefined, null, 3, {}, 'adam'])('%j is refused', async (given) => {
    const optimizer = toOptimizer(adam(theirs));
    const go: unknown = Reflect.apply(optimizer.continueFrom, optimizer, [given]);
    await expect(go).rejects.toThrow('model.optimizer');
  });

  test('setWeights of what TensorFlow.js saved says to use it', async () => {
    const optimizer = toOptimizer(adam(theirs));
    const weights = await started().getWeights();
    await expect(optimizer.setWeights(weights)).rejects.toThrow(TreeMismatchError);
    await expect(optimizer.setWeights(weights)).rejects.toThrow('continueFrom(model.optimizer)');
  });
});
