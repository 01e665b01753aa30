import {
  chain,
  createStepper,
  InvalidOptionError,
  skipNonFinite,
  transformFromJSON,
  type AnyTransform,
} from '@gradkit/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as optimizers from './index.ts';
import { adagrad, adam, adamw, lion, rmsprop, sgd } from './index.ts';
import { runSteps } from './runSteps.ts';

const registry = { transforms: { ...optimizers } };

const cases: readonly { label: string; make: () => AnyTransform }[] = [
  { label: 'sgd', make: () => sgd({ learningRate: 0.1 }) },
  { label: 'sgd with momentum', make: () => sgd({ learningRate: 0.1, momentum: 0.9, dampening: 0.5 }) },
  {
    label: 'sgd with everything',
    make: () => sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
  },
  { label: 'adam', make: () => adam({ learningRate: 0.1 }) },
  { label: 'adamw', make: () => adamw({ learningRate: 0.1, weightDecay: 0.1 }) },
  { label: 'rmsprop', make: () => rmsprop({ learningRate: 0.1 }) },
  {
    label: 'rmsprop, centered with momentum',
    make: () => rmsprop({ learningRate: 0.1, centered: true, momentum: 0.9 }),
  },
  { label: 'adagrad', make: () => adagrad({ learningRate: 0.1 }) },
  { label: 'lion', make: () => lion({ learningRate: 0.1, weightDecay: 0.1 }) },
];

const entry = fc.float({ min: -10, max: 10, noNaN: true });
const gradientsOf = fc.array(fc.tuple(entry, entry, entry), { minLength: 1, maxLength: 6 });

describe.each(cases)('$label', ({ make }) => {
  test('a null gradient leaves its parameter and all its state alone, bit for bit', () => {
    const stepper = createStepper(make(), { a: Float32Array.of(1, -0), b: Float32Array.of(2) });
    const both = { a: Float32Array.of(0.5, 0.25), b: Float32Array.of(1) };
    stepper.step(both);
    const params = stepper.params()['a']?.slice();
    const state = Object.entries(stepper.getState()).filter(([name]) => name.endsWith('/a'));
    stepper.step({ ...both, a: null });
    expect(stepper.params()['a']).toEqual(params);
    expect(Object.entries(stepper.getState()).filter(([name]) => name.endsWith('/a'))).toEqual(state);
    expect(stepper.params()['b']).not.toEqual(Float32Array.of(2));
  });

  test('a leaf that misses steps goes on as if they had not been', () => {
    fc.assert(
      fc.property(gradientsOf, (gradients) => {
        const without = runSteps(make(), gradients, [1, -2, 3]).at(-1);
        const withNulls = gradients.flatMap((gradient) => [null, gradient, null]);
        expect(runSteps(make(), withNulls, [1, -2, 3]).at(-1)).toEqual(without);
      }),
    );
  });

  test('entries are by themselves: leaves may be split', () => {
    fc.assert(
      fc.property(gradientsOf, (gradients) => {
        const whole = runSteps(make(), gradients, [1, -2, 3]);
        for (const index of [0, 1, 2]) {
          const alone = gradients.map((gradient) => [gradient[index] ?? 0]);
          const wanted = whole.map((params) => [params[index]]);
          expect(runSteps(make(), alone, [[1, -2, 3][index] ?? 0])).toEqual(wanted);
        }
      }),
    );
  });

  test('saved and loaded into a new stepper it goes on to the same bits', () => {
    const gradients = [
      [1, -2],
      [0.5, 3],
      [-1, 0.25],
      [2, 2],
    ];
    const whole = runSteps(make(), gradients, [1, 2]).at(-1);
    const first = createStepper(make(), { w: Float32Array.of(1, 2) });
    for (const gradient of gradients.slice(0, 2)) first.step({ w: Float32Array.from(gradient) });
    const second = createStepper(make(), { w: first.params()['w'] ?? new Float32Array(2) });
    second.setState(first.getState());
    for (const gradient of gradients.slice(2)) second.step({ w: Float32Array.from(gradient) });
    expect(Array.from(second.params()['w'] ?? [])).toEqual(whole);
  });

  test('it comes back from JSON as it was', () => {
    const json = make().toJSON();
    const again = transformFromJSON(JSON.parse(JSON.stringify(json)), registry);
    expect(again.toJSON()).toEqual(json);
    const gradients = [
      [1, -2],
      [0.5, 3],
      [-1, 0.25],
    ];
    expect(runSteps(again, gradients, [1, 2])).toEqual(runSteps(make(), gradients, [1, 2]));
  });

  test('a learning rate of 0 moves nothing', () => {
    const stepper = createStepper(make(), { w: Float32Array.of(1, -2) });
    stepper.hyperparameters[`${make().name}.learningRate`] = 0;
    stepper.step({ w: Float32Array.of(3, 4) });
    expect(stepper.params()['w']).toEqual(Float32Array.of(1, -2));
  });

  test('a learning rate twice as large moves twice as far, to the bit', () => {
    const stepper = createStepper(make(), { w: Float32Array.of(1, -2) });
    const gradient = { w: Float32Array.of(3, 4) };
    const once = createStepper(make(), { w: Float32Array.of(1, -2) }).update(gradient)['w'] ?? [];
    stepper.hyperparameters[`${make().name}.learningRate`] = 0.2;
    expect(stepper.update(gradient)['w']).toEqual(Float32Array.from(once, (value) => 2 * value));
  });

  test('a schedule of the learning rate is asked at each step, from 0', () => {
    const stepper = createStepper(make(), { w: Float32Array.of(1) });
    const asked: number[] = [];
    stepper.hyperparameters[`${make().name}.learningRate`] = (step) => {
      asked.push(step);
      return step === 1 ? 0 : 0.5;
    };
    stepper.step({ w: Float32Array.of(1) });
    const before = stepper.params()['w']?.slice();
    stepper.step({ w: Float32Array.of(1) });
    expect(stepper.params()['w']).toEqual(before);
    expect([...new Set(asked)]).toEqual([0, 1]);
  });

  test('within skipNonFinite a NaN leaves parameters and all state as they were', () => {
    const stepper = createStepper(skipNonFinite(make()), { w: Float32Array.of(1, -0) });
    stepper.step({ w: Float32Array.of(1, 2) });
    const params = stepper.params()['w']?.slice();
    const state = Object.entries(stepper.getState()).filter(([name]) => name.startsWith(make().name));
    stepper.step({ w: Float32Array.of(Number.NaN, 1) });
    expect(stepper.params()['w']).toEqual(params);
    expect(Object.entries(stepper.getState()).filter(([name]) => name.startsWith(make().name))).toEqual(
      state,
    );
  });

  test('a NaN or an infinity reaches its own entry only', () => {
    const [params = []] = runSteps(make(), [[Number.NaN, 1, 2]], [1, 2, 3]);
    expect(params[0]).toBeNaN();
    expect(params.slice(1)).toEqual(runSteps(make(), [[1, 2]], [2, 3])[0]);
  });

  test('the gradients that it is given are not written to', () => {
    const gradient = Float32Array.of(3, 4);
    createStepper(make(), { w: Float32Array.of(1, 2) }).step({ w: gradient });
    expect(gradient).toEqual(Float32Array.of(3, 4));
  });

  test('it goes down a bowl', () => {
    const stepper = createStepper(make(), { w: Float32Array.of(1, -2) });
    for (let step = 0; step < 100; step++) stepper.step({ w: stepper.params()['w']?.slice() ?? null });
    const [x = Number.NaN, y = Number.NaN] = stepper.params()['w'] ?? [];
    expect(Math.hypot(x, y)).toBeLessThan(Math.hypot(1, 2) / 2);
  });
});

describe('wrong options', () => {
  test.each([
    ['sgd', {}, /^sgd: learningRate is missing; it must be .* Write sgd\(\{ learningRate: /],
    ['sgd', { learningRate: -1 }, /^sgd: learningRate is -1; it must be a finite number of at least 0/],
    ['sgd', { learningRate: { number: 'NaN' } }, /^sgd: learningRate is NaN/],
    ['sgd', { learningRate: '0.1' }, /^sgd: learningRate is "0.1"/],
    [
      'sgd',
      { learningRate: 1, momentum: 1.5 },
      /^sgd: momentum is 1.5; it must be .* at least 0 and of at most 1/,
    ],
    [
      'sgd',
      { learningRate: 1, momentum: 0.9, dampening: 2 },
      /^sgd: dampening is 2; it must be .* at most 1/,
    ],
    ['sgd', { learningRate: 1, nesterov: 'yes' }, /^sgd: nesterov is "yes"; it must be true or false/],
    ['sgd', { learningRate: 1, weightDecay: -0.1 }, /^sgd: weightDecay is -0.1/],
    ['sgd', { learningrate: 1 }, /^sgd has no option "learningrate". Did you mean "learningRate"\?/],
    [
      'sgd',
      { learningRate: 1, clipvalue: 1 },
      /"clipvalue" \(a Keras name\). Put clipByValue\(\{ limit \}\)/,
    ],
    [
      'adam',
      { learningRate: 1, clipnorm: 1 },
      /"clipnorm" \(a Keras name\). Put clipByNorm\(\{ maxNorm \}\)/,
    ],
    [
      'adam',
      { learningRate: 1, globalClipnorm: 1 },
      /\(a Keras name\). Put clipByGlobalNorm\(\{ maxNorm \}\)/,
    ],
    [
      'adam',
      { learningRate: 1, beta1: 1 },
      /^adam: beta1 is 1; .* Write adam\(\{ learningRate: 1, beta1: 0.9 \}\)\.$/,
    ],
    ['adam', { learningRate: 1, beta2: -0.5 }, /^adam: beta2 is -0.5/],
    ['adam', { learningRate: 1, epsilon: -1 }, /^adam: epsilon is -1/],
    ['adam', { learningRate: 1, beta_1: 0.9 }, /Did you mean "beta1"\?/],
    ['adamw', { learningRate: 1, weightDecay: { number: 'Infinity' } }, /^adamw: weightDecay is Infinity/],
    ['adamw', { learningRate: 1, weightDecay: null }, /^adamw: weightDecay is null/],
    ['sgd', { learningRate: 1, nesterov: null }, /^sgd: nesterov is null; it must be true or false/],
    ['adamw', { learningRate: 1, decay: 0.1 }, /^adamw has no option "decay"/],
    ['rmsprop', { learningRate: 1, decay: 1 }, /^rmsprop: decay is 1/],
    ['rmsprop', { learningRate: 1, centered: 1 }, /^rmsprop: centered is 1; it must be true or false/],
    ['rmsprop', { learningRate: 1, momentum: -1 }, /^rmsprop: momentum is -1/],
    ['adagrad', { learningRate: 1, initialAccumulatorValue: -1 }, /^adagrad: initialAccumulatorValue is -1/],
    ['lion', { learningRate: 1, beta1: 2 }, /^lion: beta1 is 2/],
    ['lion', { learningRate: 1, weightDecay: -1 }, /^lion: weightDecay is -1/],
    ['scale', { factor: { number: 'NaN' } }, /^scale: factor is NaN/],
    ['scaleByAdam', { beta2: 1 }, /^scaleByAdam: beta2 is 1/],
    ['scaleByMomentum', {}, /^scaleByMomentum: momentum is missing/],
    ['addDecayedWeights', { weightDecay: -1 }, /^addDecayedWeights: weightDecay is -1/],
  ])('%s(%j) is refused: its name, the option, the value and the remedy', (transform, options, message) => {
    const make = (): unknown => transformFromJSON({ transform, options }, registry);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(message);
  });

  test('null for the options is refused by every piece', () => {
    for (const make of [optimizers.scaleByRms, optimizers.scaleByRss, optimizers.scaleByAdam])
      expect(() => make(JSON.parse('null'))).toThrow(/takes one object of options .* but was given null/);
  });

  test('a piece without a learning rate yields gradients, and a step with it is refused', () => {
    const stepper = createStepper(optimizers.scaleByAdam(), { w: new Float32Array(1) });
    expect(() => stepper.step({ w: Float32Array.of(1) })).toThrow(
      'End it with an optimizer: chain(scaleByAdam(), scaleByLearningRate({ learningRate: 0.001 })).',
    );
  });
});

describe('an alias is the chain of its pieces, to the bit', () => {
  const {
    addDecayedWeights,
    scaleByAdam,
    scaleByLearningRate,
    scaleByLion,
    scaleByMomentum,
    scaleByRms,
    scaleByRss,
  } = optimizers;
  const rate = scaleByLearningRate({ learningRate: 0.1 });
  const decay = addDecayedWeights({ weightDecay: 0.1 });

  test.each([
    ['sgd', sgd({ learningRate: 0.1 }), rate],
    [
      'sgd with everything',
      sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
      chain(decay, scaleByMomentum({ momentum: 0.9, nesterov: true }), rate),
    ],
    ['adam', adam({ learningRate: 0.1, beta1: 0.5 }), chain(scaleByAdam({ beta1: 0.5 }), rate)],
    ['adamw', adamw({ learningRate: 0.1, weightDecay: 0.1 }), chain(scaleByAdam(), decay, rate)],
    [
      'rmsprop',
      rmsprop({ learningRate: 0.1, centered: true, momentum: 0.5 }),
      chain(scaleByRms({ centered: true }), scaleByMomentum({ momentum: 0.5 }), rate),
    ],
    ['adagrad', adagrad({ learningRate: 0.1 }), chain(scaleByRss(), rate)],
    ['lion', lion({ learningRate: 0.1, weightDecay: 0.1 }), chain(scaleByLion(), decay, rate)],
  ] as const)('%s', (_, whole: AnyTransform, pieces: AnyTransform) => {
    const gradients = [
      [1, -2],
      [0.5, 3],
      [-1, 0.25],
    ];
    expect(runSteps(whole, gradients, [1, 2])).toEqual(runSteps(pieces, gradients, [1, 2]));
  });
});

describe('what is there only if it is asked for', () => {
  test.each([
    [sgd({ learningRate: 1 }), 'sgd.momentum'],
    [sgd({ learningRate: 1, momentum: 0 }), 'sgd.momentum'],
    [sgd({ learningRate: 1, weightDecay: 0 }), 'sgd.weightDecay'],
    [rmsprop({ learningRate: 1 }), 'rmsprop.momentum'],
    [lion({ learningRate: 1 }), 'lion.weightDecay'],
  ])('%o has no %s to assign', (transform, path) => {
    const { hyperparameters } = createStepper(transform, { w: new Float32Array(1) });
    expect(() => (hyperparameters[path] = 0.5)).toThrow(`There is no hyperparameter "${path}"`);
  });

  test('a schedule that begins at 0 is asked for, and keeps a velocity', () => {
    const stepper = createStepper(sgd({ learningRate: 1, momentum: () => 0 }), { w: Float32Array.of(0) });
    stepper.step({ w: Float32Array.of(1) });
    stepper.hyperparameters['sgd.momentum'] = 0.5;
    stepper.step({ w: Float32Array.of(0) });
    expect(stepper.params()['w']).toEqual(Float32Array.of(-1.5));
  });

  test('what was given as a number may become 0 later', () => {
    const stepper = createStepper(sgd({ learningRate: 1, weightDecay: 0.5 }), { w: Float32Array.of(8) });
    stepper.step({ w: Float32Array.of(0) });
    expect(stepper.params()['w']).toEqual(Float32Array.of(4));
    stepper.hyperparameters['sgd.weightDecay'] = 0;
    stepper.step({ w: Float32Array.of(0) });
    expect(stepper.params()['w']).toEqual(Float32Array.of(4));
  });
});

test('options count as they were given, whatever happens to the object later', () => {
  const options = { learningRate: 0.5, centered: false, momentum: 0.9 };
  const transform = optimizers.rmsprop(options);
  options.learningRate = 7;
  options.centered = true;
  expect(transform.toJSON()).toEqual({
    transform: 'rmsprop',
    options: { learningRate: 0.5, centered: false, momentum: 0.9 },
  });
  expect(Object.keys(createStepper(transform, { w: Float32Array.of(1) }).getState())).not.toContain(
    'rmsprop/mean/w',
  );
});
