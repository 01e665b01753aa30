import { describe, expect, test } from 'vitest';
import { chain } from './chain.ts';
import { createStepper } from './createStepper.ts';
import type { Engine, EngineStep } from './engine.ts';
import { InvalidOptionError, NonFiniteGradientError, TreeMismatchError } from './errors.ts';
import { clipNorm, descend, heavyBall } from './exampleTransforms.ts';
import { planProgram } from './plan.ts';
import { referenceEngine } from './referenceEngine.ts';
import { skipNonFinite } from './skipNonFinite.ts';
import { toProgram } from './transformRun.ts';

const of = (...values: number[]): Float32Array => Float32Array.from(values);
const optimizer = chain(heavyBall(), descend({ learningRate: 1 }));
const strangeNames = ['__proto__', 'constructor', 'a.b', 'a/b', '', '0', 'é\u0000', ' '];

describe('a stepper', () => {
  test('takes the step of the docstring', () => {
    const transform = chain(clipNorm({ maxNorm: 1 }), descend({ learningRate: 0.1 }));
    const stepper = createStepper(transform, { w: of(1, 2) });
    stepper.step({ w: of(3, 4) });
    expect(Array.from(stepper.params()['w'] ?? [], (value) => Number(value.toFixed(6)))).toEqual([
      0.94, 1.92,
    ]);
    expect(stepper.report()).toEqual({ step: 0, values: { 'clipNorm.norm': 5 }, leafValues: {} });
  });

  test('copies parameters and gradients, and changes neither', () => {
    const [start, gradient] = [of(1), of(2)];
    const stepper = createStepper(optimizer, { x: start });
    stepper.step({ x: gradient });
    expect([start, gradient]).toEqual([of(1), of(2)]);
  });

  test('hands over updates instead of applying them, and advances the state all the same', () => {
    const stepper = createStepper(optimizer, { x: of(5) });
    expect([stepper.update({ x: of(1) }), stepper.update({ x: of(1) })]).toEqual([
      { x: of(-1) },
      { x: of(-2) },
    ]);
    expect(stepper.params()['x']).toEqual(of(5));
  });

  test('reads gradients where they were written when it is given none', () => {
    const stepper = createStepper(optimizer, { x: of(0) });
    stepper.gradients()['x']?.set([3]);
    stepper.step();
    expect(stepper.params()['x']).toEqual(of(-3));
  });

  test('has no report before the first step', () => {
    expect(createStepper(optimizer, { x: of(0) }).report()).toBe(undefined);
  });

  test('a report stays that of its step', () => {
    const stepper = createStepper(chain(clipNorm({ maxNorm: 1 }), descend({ learningRate: 1 })), {
      w: of(0),
    });
    stepper.step({ w: of(3) });
    const first = stepper.report();
    stepper.step({ w: of(5) });
    expect([first, stepper.report()].map((report) => report?.values['clipNorm.norm'])).toEqual([3, 5]);
    expect(() => stepper.step({ w: of(1, 2) })).toThrow(TreeMismatchError);
    expect(stepper.report()?.values['clipNorm.norm']).toBe(5);
  });

  test('takes leaves of any name', () => {
    const tree = (value: number): Record<string, Float32Array> =>
      Object.fromEntries(strangeNames.map((name) => [name, of(value)]));
    const stepper = createStepper(optimizer, tree(0));
    stepper.step(tree(1));
    const params = new Map(Object.entries(stepper.params()));
    for (const name of strangeNames) expect(params.get(name)).toEqual(of(-1));
    expect(params.size).toBe(strangeNames.length);
    const other = createStepper(optimizer, stepper.params());
    other.setState(stepper.getState());
    other.step(tree(1));
    expect(new Map(Object.entries(other.params())).get('__proto__')).toEqual(of(-3));
  });

  test('takes empty leaves, scalars, and no leaf at all', () => {
    const stepper = createStepper(optimizer, { empty: of(), scalar: { values: of(1), shape: [] } });
    stepper.step({ empty: of(), scalar: of(1) });
    expect(stepper.params()).toEqual({ empty: of(), scalar: of(0) });
    const none = createStepper(optimizer, {});
    none.step({});
    expect(none.params()).toEqual({});
  });

  test('cannot be used when it was disposed', () => {
    const stepper = createStepper(optimizer, { x: of(0) });
    stepper.dispose();
    for (const use of [() => stepper.step({ x: of(1) }), () => stepper.params(), () => stepper.getState()]) {
      expect(use).toThrow('This stepper was disposed.');
    }
  });
});

describe('a stepper refuses', () => {
  const step = (gradients: object) => (): void => {
    // @ts-expect-error gradients are wrong on purpose
    createStepper(optimizer, { w: of(1, 2), b: of(3) }).step(gradients);
  };

  test.each([
    ['a missing gradient', { w: of(1, 2) }, 'The gradient of "b" is missing', 'b'],
    ['an undefined gradient', { w: of(1, 2), b: undefined }, 'The gradient of "b" is missing', 'b'],
    ['an unknown gradient', { w: of(1, 2), b: of(1), c: of(1) }, 'no parameter for the gradient "c"', 'c'],
    ['a gradient of another length', { w: of(1), b: of(1) }, 'The gradient of "w" has 1 values', 'w'],
    [
      'a gradient of another dtype',
      { w: new Float64Array(2), b: of(1) },
      'The gradient of "w" is of type Float64Array',
      'w',
    ],
    ['a plain array', { w: [1, 2], b: of(1) }, 'The gradient of "w" is an array', 'w'],
  ])('%s, naming the leaf', (_, gradients, message, leaf) => {
    expect(step(gradients)).toThrow(message);
    expect(step(gradients)).toThrow(expect.objectContaining({ name: 'TreeMismatchError', leaf }));
  });

  test('gradients that are no object', () => {
    // @ts-expect-error null is no tree of gradients
    expect(() => createStepper(optimizer, {}).step(null)).toThrow(InvalidOptionError);
  });

  test.each([
    [
      'another dtype',
      new Float64Array(1),
      'The parameter "x" is of type Float64Array, but everything is float32',
    ],
    ['a plain array', [1], 'The parameter "x" is an array'],
    [
      'a shape that does not fit',
      { values: of(1, 2), shape: [3] },
      'has 2 values, which do not fit its shape [3]',
    ],
    ['a shape of no whole numbers', { values: of(), shape: [-1, 0] }, 'which do not fit its shape [-1,0]'],
    ['nothing', undefined, 'The parameter "x" is missing'],
  ])('a parameter of %s', (_, x, message) => {
    // @ts-expect-error the parameter is wrong on purpose
    const make = (): unknown => createStepper(optimizer, { x });
    expect(make).toThrow(TreeMismatchError);
    expect(make).toThrow(message);
  });

  test('a step with gradients, which would climb the loss, and names a remedy', () => {
    const stepper = createStepper(clipNorm({ maxNorm: 1 }), { x: of(1) });
    expect(() => stepper.step({ x: of(1) })).toThrow(
      'chain(clipNorm({ maxNorm: 1 }), sgd({ learningRate: 0.01 }))',
    );
    expect(stepper.params()['x']).toEqual(of(1));
  });

  test('unknown options', () => {
    // @ts-expect-error "backend" is no option
    expect(() => createStepper(optimizer, {}, { backend: 'wasm' })).toThrow(InvalidOptionError);
    // @ts-expect-error "ignore" is no choice
    expect(() => createStepper(optimizer, {}, { onNonFinite: 'ignore' })).toThrow(
      "must be 'propagate' or 'throw'",
    );
  });
});

describe("with onNonFinite: 'throw'", () => {
  test('a step with NaN throws, names the leaves and the step, and keeps everything', () => {
    const stepper = createStepper(optimizer, { a: of(-0), b: of(1), c: of(1) }, { onNonFinite: 'throw' });
    stepper.step({ a: of(0), b: of(1), c: of(1) });
    const before = { state: stepper.getState(), b: stepper.params()['b']?.slice() };
    const bad = (): void => stepper.step({ a: of(NaN), b: of(1), c: of(-Infinity) });
    expect(bad).toThrow(NonFiniteGradientError);
    expect(bad).toThrow(expect.objectContaining({ leaves: ['a', 'c'], step: 1 }));
    expect(stepper.getState()).toEqual(before.state);
    expect(stepper.params()['b']).toEqual(before.b);
    stepper.step({ a: of(0), b: of(1), c: null });
    expect(stepper.getState()['step']).toEqual(Int32Array.of(2));
  });

  test('looks at gradients that were written in place too', () => {
    const stepper = createStepper(optimizer, { a: of(0) }, { onNonFinite: 'throw' });
    stepper.gradients()['a']?.set([NaN]);
    expect(() => stepper.step()).toThrow(NonFiniteGradientError);
  });
});

describe('a state by name', () => {
  const start = { w: of(1, 2), b: of(3) };
  const gradients = { w: of(1, -1), b: of(0.5) };

  test('resumes to the bit', () => {
    const transform = skipNonFinite(chain(clipNorm({ maxNorm: 1 }), optimizer));
    const whole = createStepper(transform, start);
    for (let step = 0; step < 4; step++) whole.step(gradients);
    const half = createStepper(transform, start);
    for (let step = 0; step < 2; step++) half.step(gradients);
    const resumed = createStepper(transform, half.params());
    resumed.setState(half.getState());
    for (let step = 0; step < 2; step++) resumed.step(gradients);
    expect(resumed.params()).toEqual(whole.params());
    expect(resumed.getState()).toEqual(whole.getState());
  });

  test('does not mind the order of the leaves', () => {
    const first = createStepper(optimizer, start);
    first.step(gradients);
    const second = createStepper(optimizer, { b: start.b, w: start.w });
    second.setState(first.getState());
    expect(second.getState()['heavyBall/velocity/w']).toEqual(of(1, -1));
  });

  test('is a copy', () => {
    const stepper = createStepper(optimizer, start);
    stepper.getState()['heavyBall/velocity/w']?.fill(7);
    expect(stepper.getState()['heavyBall/velocity/w']).toEqual(of(0, 0));
  });

  test.each([
    [
      'an entry is missing',
      { step: Int32Array.of(1), 'heavyBall/velocity/w': of(1, 1) },
      '"heavyBall/velocity/b" is missing',
    ],
    ['an entry is unknown', { 'heavyBall/velocity/v': of(1) }, 'Did you mean "heavyBall/velocity/'],
    ['the step is missing', {}, 'The state has no "step"'],
    ['the step is no whole number', { step: of(0.5) }, 'The state has no "step"'],
  ])('is refused where %s, and nothing has changed', (_, state, message) => {
    const stepper = createStepper(optimizer, start);
    // @ts-expect-error most of them lack the step
    const set = (): void => stepper.setState(state);
    expect(set).toThrow(TreeMismatchError);
    expect(set).toThrow(message);
    expect(stepper.getState()['heavyBall/velocity/w']).toEqual(of(0, 0));
  });

  test('is refused where a length differs, naming the entry', () => {
    const stepper = createStepper(optimizer, start);
    const state = { ...stepper.getState(), 'heavyBall/velocity/b': of(1, 2) };
    expect(() => stepper.setState(state)).toThrow('The state "heavyBall/velocity/b" has 2 values');
  });
});

test('an engine gets a layout, plans and scalars, and is asked for nothing else', () => {
  const calls: string[] = [];
  const engine = {
    name: 'spy',
    open: (layout: Parameters<ReturnType<typeof referenceEngine>['open']>[0]) => {
      const session = referenceEngine().open(layout);
      calls.push(`open ${layout.slots.map(({ name }) => name).join(' ')}`);
      return {
        ...session,
        execute: (step: EngineStep) => {
          calls.push(`execute ${step.plan.passes.length} pass with ${JSON.stringify([...step.scalars])}`);
          return session.execute(step);
        },
        dispose: () => void calls.push('dispose'),
      };
    },
  };
  const stepper = createStepper(optimizer, { x: of(0) }, { engine });
  stepper.step({ x: of(1) });
  stepper.dispose();
  expect(calls).toEqual([
    'open heavyBall/velocity heavyBall/count',
    'execute 1 pass with [["heavyBall.momentum",1],["descend.learningRate",1]]',
    'dispose',
  ]);
  expect(planProgram(toProgram(optimizer, [{ name: 'x', shape: [1] }])).passes).toHaveLength(1);
});

test('gradients are read where they lie, and a copy of them where the step writes', () => {
  const stepper = createStepper(descend({ learningRate: 1 }), { x: of(1, 2, 3) });
  const gradient = of(1, 1, 1);
  stepper.step({ x: gradient });
  expect(stepper.gradients()['x']).toEqual(of(0, 0, 0));
  expect(stepper.params()['x']).toEqual(of(0, 1, 2));
  stepper.step({ x: stepper.params()['x'] ?? gradient });
  expect(stepper.params()['x']).toEqual(of(0, 0, 0));
});

test.each<[string, () => unknown, RegExp]>([
  [
    'a promise of an engine',
    () => Promise.resolve(referenceEngine()),
    /createStepper: engine is a promise\. Give one such as await wasmEngine\(\)/,
  ],
  ['a function that makes an engine', () => referenceEngine, /engine is the function referenceEngine/],
  ['null for an engine', () => null, /engine is null/],
  ['an engine of a device', () => ({ open: () => ({}), createBuffer: () => ({}) }), /createDeviceStepper/],
])('%s is refused', (_, make, message) => {
  const options: { engine?: Engine } = {};
  Object.assign(options, { engine: make() });
  expect(() => createStepper(optimizer, { w: Float32Array.of(1) }, options)).toThrow(InvalidOptionError);
  expect(() => createStepper(optimizer, { w: Float32Array.of(1) }, options)).toThrow(message);
});

test('parameters that are not arrays by name are refused, not taken for none', () => {
  const none: Record<string, Float32Array> = JSON.parse('null');
  expect(() => createStepper(optimizer, none)).toThrow(/parameters by name.*null/);
  const map: object = new Map([['w', Float32Array.of(1)]]);
  const { params } = Object.assign({ params: none }, { params: map });
  expect(() => createStepper(optimizer, params)).toThrow(/parameters by name.*a map/);
});

test.each<[string, unknown]>([
  ['two numbers', Int32Array.of(3, 4)],
  ['a number beyond what a step counts to', Float32Array.of(1e30)],
  ['a fraction', Float32Array.of(1.5)],
  ['nothing', undefined],
])('a state whose step is %s is refused, and nothing changes', (_, value) => {
  const stepper = createStepper(optimizer, { w: Float32Array.of(1) });
  stepper.step({ w: Float32Array.of(0) });
  const state = Object.assign(stepper.getState(), { step: value });
  expect(() => stepper.setState(state)).toThrow(/no "step"/);
  expect(stepper.getState()['step']).toEqual(Int32Array.of(1));
});

test('a state that is no object is refused', () => {
  const stepper = createStepper(optimizer, { w: Float32Array.of(1) });
  expect(() => stepper.setState(JSON.parse('null'))).toThrow(/setState.*null/);
});

test('a message names no more than the first names of a long list', () => {
  const names = Array.from({ length: 2000 }, (_, index) => [`w${index}`, Float32Array.of(1)] as const);
  const stepper = createStepper(optimizer, Object.fromEntries(names));
  expect(() => stepper.step({ v: Float32Array.of(1) })).toThrow(/Known: w0, .*w29, \.\.\.$/);
});
