import { describe, expect, test } from 'vitest';
import { accumulate } from './accumulate.ts';
import { isFinite, mul, normOverLeaves, where } from './algebra.ts';
import { chain, namedChain } from './chain.ts';
import { conditionally } from './conditionally.ts';
import { createStepper, type Stepper } from './createStepper.ts';
import { defineTransform, stateless } from './defineTransform.ts';
import { clipNorm, descend, heavyBall } from './exampleTransforms.ts';
import { freeze } from './freeze.ts';
import type { AnyTransform, EmptyState } from './gradientTransform.ts';
import { lookahead } from './lookahead.ts';
import { masked } from './masked.ts';
import { partition } from './partition.ts';
import { skipNonFinite } from './skipNonFinite.ts';

const of = (...values: number[]): Float32Array => Float32Array.from(values);
const down = descend({ learningRate: 1 });

function stepperOf(transform: AnyTransform, ...names: string[]): Stepper {
  return createStepper(transform, Object.fromEntries(names.map((name) => [name, of(0)])));
}

describe('flush', () => {
  test('takes the inner step with the mean of what the window holds and begins a new window', () => {
    const stepper = stepperOf(accumulate(chain(heavyBall(), down), { every: 4 }), 'x');
    stepper.step({ x: of(2) });
    stepper.step({ x: of(4) });
    expect(stepper.flush()).toBe(true);
    expect(stepper.params()['x']).toEqual(of(-3));
    expect(stepper.getState()).toEqual({
      step: Int32Array.of(4),
      'accumulate/mean/x': of(0),
      'accumulate/count/x': of(0),
      'heavyBall/velocity/x': of(3),
      'heavyBall/count': of(1),
    });
    for (const x of [1, 1, 1]) stepper.step({ x: of(x) });
    expect(stepper.params()['x']).toEqual(of(-3));
    stepper.step({ x: of(1) });
    expect(stepper.params()['x']).toEqual(of(-7));
  });

  test('does nothing and gives false where no window is begun, or nothing is gathered', () => {
    const gathering = stepperOf(accumulate(down, { every: 2 }), 'x');
    expect(gathering.flush()).toBe(false);
    for (const x of [1, 1]) gathering.step({ x: of(x) });
    expect(gathering.flush()).toBe(false);
    expect(gathering.getState()['step']).toEqual(Int32Array.of(2));
    gathering.step({ x: of(5) });
    expect([gathering.flush(), gathering.flush()]).toEqual([true, false]);
    expect(gathering.params()['x']).toEqual(of(-6));

    const plain = stepperOf(down, 'x');
    plain.step({ x: of(1) });
    expect(plain.flush()).toBe(false);
    expect(createStepper(accumulate(down, { every: 2 }), {}).flush()).toBe(false);
  });

  test('a disposed stepper refuses it', () => {
    const stepper = stepperOf(accumulate(down, { every: 2 }), 'x');
    stepper.dispose();
    expect(() => stepper.flush()).toThrow('This stepper was disposed');
  });

  test('schedules inside count it as one inner step, and reports are of the last step of the window', () => {
    const seen: number[] = [];
    const learningRate = (step: number): number => {
      seen.push(step);
      return step + 1;
    };
    const transform = accumulate(chain(clipNorm({ maxNorm: 10 }), descend({ learningRate })), { every: 3 });
    const stepper = stepperOf(transform, 'x');
    for (const x of [1, 1, 1, 4]) stepper.step({ x: of(x) });
    stepper.flush();
    expect(stepper.report()).toMatchObject({ step: 5, values: { 'clipNorm.norm': 4 } });
    for (const x of [1, 1, 1]) stepper.step({ x: of(x) });
    expect(seen).toEqual([0, 1, 2]);
    expect(stepper.params()['x']).toEqual(of(-1 - 8 - 3));
  });

  test('a leaf that holds nothing takes no step and keeps every bit of its state, null or skipped on data', () => {
    const skipping = partition(
      {
        a: skipNonFinite(accumulate(chain(heavyBall(), down), { every: 4 })),
        b: accumulate(chain(heavyBall(), down), { every: 4 }),
      },
      ({ name }) => (name === 'a' ? 'a' : 'b'),
    );
    const stepper = createStepper(skipping, { a: of(-0), b: of(0), c: of(-0) });
    for (const b of [1, 2, 3, 6]) stepper.step({ a: of(1), b: of(b), c: of(1) });
    const before = { state: stepper.getState(), c: stepper.params()['c']?.slice() };
    stepper.step({ a: of(NaN), b: of(8), c: null });
    expect(stepper.flush()).toBe(true);
    expect(stepper.params()).toEqual({ a: of(-1), b: of(-3 - 11), c: before.c });
    const after = stepper.getState();
    for (const name of ['heavyBall/velocity/a', 'heavyBall#2/velocity/c', 'heavyBall/count'] as const)
      expect(after[name]).toEqual(before.state[name]);
    expect(after['heavyBall#2/count']).toEqual(of(2));
    expect(after['skipNonFinite/total']).toEqual(of(1));
  });

  test('a leaf that holds nothing is in no norm of updates', () => {
    // Momentum moves b although it holds nothing; as a null gradient would, it stays out of the clip.
    const transform = accumulate(chain(heavyBall(), down, clipNorm({ maxNorm: 1 })), { every: 2 });
    const flushed = stepperOf(transform, 'a', 'b');
    const full = stepperOf(transform, 'a', 'b');
    for (const stepper of [flushed, full]) {
      for (const b of [30, 50]) stepper.step({ a: of(0), b: of(b) });
      stepper.step({ a: of(0.5), b: null });
    }
    full.step({ a: of(0.5), b: null });
    flushed.flush();
    expect(flushed.params()).toEqual(full.params());
    expect(flushed.params()['a']).toEqual(of(-0.5));
    expect(flushed.getState()).toEqual(full.getState());
  });

  test('a frozen leaf stays out of it, NaN and all', () => {
    const normed = stateless('normed', (updates) =>
      mul(updates, where(isFinite(normOverLeaves(updates)), 1, 0)),
    );
    const decay = stateless('decay', (updates, { params }) => mul(updates, params));
    const transform = chain(freeze({ name: 'x' }), accumulate(chain(decay, down, normed), { every: 3 }));
    const stepper = createStepper(transform, { w: of(2), x: of(NaN) });
    stepper.step({ w: of(3), x: of(1) });
    stepper.flush();
    expect(stepper.params()).toEqual({ w: of(-4), x: of(NaN) });
  });

  test('a leaf that missed the last window gives what it kept', () => {
    const stepper = stepperOf(accumulate(down, { every: 2 }), 'a', 'b');
    stepper.step({ a: of(1), b: of(4) });
    stepper.step({ a: of(1), b: null });
    expect(stepper.flush()).toBe(false);
    stepper.step({ a: of(2), b: of(8) });
    stepper.flush();
    expect(stepper.params()).toEqual({ a: of(-3), b: of(-6) });
  });

  test.each<[string, AnyTransform, Record<string, number>]>([
    ['alone', accumulate(down, { every: 3 }), { a: -2, b: -20 }],
    [
      'in a chain with clips around it',
      chain(clipNorm({ maxNorm: 1e9 }), accumulate(down, { every: 3 })),
      { a: -2, b: -20 },
    ],
    ['before the optimizer', chain(accumulate(heavyBall(), { every: 3 }), down), { a: -2, b: -20 }],
    [
      'in a namedChain',
      namedChain({ first: heavyBall(), second: accumulate(down, { every: 3 }) }),
      { a: -2.5, b: -25 },
    ],
    [
      'masked, with its like after it',
      chain(
        masked(accumulate(clipNorm({ maxNorm: 1e9 }), { every: 3 }), { name: 'a' }),
        accumulate(down, { every: 3 }),
      ),
      // The other accumulate holds nothing of a before: it gets the mean of a in the flush.
      { a: -2, b: -20 },
    ],
    [
      'in a partition with a plain optimizer, which takes no step',
      partition({ a: accumulate(down, { every: 3 }), b: down }, ({ name }) => name),
      { a: -2, b: -40 },
    ],
    [
      'in a partition with different windows',
      partition({ a: accumulate(down, { every: 3 }), b: accumulate(down, { every: 5 }) }, ({ name }) => name),
      { a: -2, b: -20 },
    ],
    [
      'in lookahead',
      lookahead(accumulate(down, { every: 3 }), { every: 1, slowStepSize: 0.5 }),
      { a: -1, b: -10 },
    ],
    [
      'around lookahead',
      accumulate(lookahead(down, { every: 1, slowStepSize: 0.5 }), { every: 3 }),
      { a: -1, b: -10 },
    ],
    ['in skipNonFinite', skipNonFinite(accumulate(down, { every: 3 })), { a: -2, b: -20 }],
    ['around skipNonFinite', accumulate(skipNonFinite(down), { every: 3 }), { a: -2, b: -20 }],
    ['in conditionally', conditionally(accumulate(down, { every: 3 }), { until: 2 }), { a: -2, b: -20 }],
    [
      'twice, the outer one begun',
      accumulate(accumulate(down, { every: 2 }), { every: 4 }),
      { a: -2, b: -20 },
    ],
    [
      'twice, the inner one begun',
      accumulate(accumulate(down, { every: 2 }), { every: 2 }),
      { a: -2, b: -20 },
    ],
  ])('works %s', (_, transform, expected) => {
    const stepper = stepperOf(transform, 'a', 'b');
    stepper.step({ a: of(1), b: of(10) });
    stepper.step({ a: of(3), b: of(30) });
    expect(stepper.flush()).toBe(true);
    expect(
      Object.fromEntries(Object.entries(stepper.params()).map(([name, [value]]) => [name, value])),
    ).toEqual(expected);
    expect(stepper.flush()).toBe(false);
  });

  test('what is gathered after an optimizer are updates already', () => {
    const stepper = stepperOf(chain(down, accumulate(clipNorm({ maxNorm: 9 }), { every: 3 })), 'x');
    for (const x of [1, 3]) stepper.step({ x: of(x) });
    stepper.flush();
    expect(stepper.params()['x']).toEqual(of(-2));
  });

  test('what comes out of one window goes on through windows that a whole step would not have filled', () => {
    const pass = stateless('pass', (updates) => updates);
    const transform = chain(
      accumulate(pass, { every: 3 }),
      masked(accumulate(pass, { every: 2 }), { name: 'b' }),
      accumulate(down, { every: 1 }),
    );
    const stepper = stepperOf(transform, 'a', 'b');
    stepper.step({ a: of(2), b: of(20) });
    stepper.step({ a: of(4), b: of(40) });
    expect(stepper.flush()).toBe(true);
    expect(stepper.params()).toMatchObject({ a: of(-3), b: of(-30) });
  });

  test('gradients are refused as a step refuses them', () => {
    const stepper = stepperOf(accumulate(clipNorm({ maxNorm: 9 }), { every: 3 }), 'x');
    stepper.update({ x: of(1) });
    expect(() => stepper.flush()).toThrow('would climb the loss');
  });

  test('lookahead moves the slow weights where the whole window would have', () => {
    const stepper = stepperOf(
      lookahead(accumulate(down, { every: 4 }), { every: 4, slowStepSize: 0.5 }),
      'x',
    );
    stepper.step({ x: of(2) });
    stepper.flush();
    expect(stepper.params()['x']).toEqual(of(-1));
    expect(stepper.getState()['lookahead/slow/x']).toEqual(of(-1));
  });

  test('each window of a partition counts one inner step, and none twice', () => {
    const rates = (seen: number[]) => (step: number) => {
      seen.push(step);
      return 1;
    };
    const [two, three]: [number[], number[]] = [[], []];
    const transform = partition(
      {
        a: accumulate(descend({ learningRate: rates(two) }), { every: 2 }),
        b: accumulate(descend({ learningRate: rates(three) }), { every: 3 }),
      },
      ({ name }) => name,
    );
    const stepper = stepperOf(transform, 'a', 'b');
    stepper.step({ a: of(1), b: of(1) });
    stepper.flush();
    expect(stepper.getState()['step']).toEqual(Int32Array.of(3));
    for (let step = 3; step < 6; step++) stepper.step({ a: of(1), b: of(1) });
    expect(two).toEqual([0, 1, 2]);
    expect(three).toEqual([0, 1]);
  });

  test('goes on bit for bit from a state that was taken in the window', () => {
    const transform = accumulate(
      chain(heavyBall({ momentum: 0.9 }), descend({ learningRate: (step) => 0.1 / (step + 1) })),
      {
        every: (step) => step + 2,
      },
    );
    const [first, second] = [stepperOf(transform, 'x'), stepperOf(transform, 'x')];
    for (const x of [0.1, 0.2, 0.3]) first.step({ x: of(x) });
    second.setState(first.getState());
    second.setParams(first.params());
    for (const stepper of [first, second]) {
      expect(stepper.flush()).toBe(true);
      stepper.step({ x: of(0.7) });
    }
    expect(second.params()).toEqual(first.params());
    expect(second.getState()).toEqual(first.getState());
    expect(second.getState()['step']).toEqual(Int32Array.of(6));
  });

  test('a transform with windows of its own is flushed like accumulate', () => {
    // Hands over the gradient before last at every second step.
    const late = defineTransform({
      name: 'late',
      options: {},
      schema: {},
      yields: 'gradients',
      windows: { indexAt: (step) => Math.floor(step / 2), startOf: (index) => index * 2 },
      init: (): EmptyState => ({}),
      update: (updates, state, { params, decide }) => ({
        updates: decide((_, { flushedAt }) => flushedAt !== undefined) ? mul(params, 0.5) : updates,
        state,
      }),
    });
    const stepper = createStepper(chain(late, down), { x: of(8) });
    stepper.step({ x: of(2) });
    expect(stepper.flush()).toBe(true);
    expect(stepper.params()['x']).toEqual(of(3));
  });
});

describe('a scheduled every', () => {
  test('is asked with the number of the inner step', () => {
    const stepper = stepperOf(accumulate(down, { every: (step) => step + 1 }), 'x');
    const values: (number | undefined)[] = [];
    for (let step = 0; step < 6; step++) {
      stepper.step({ x: of(2 ** step) });
      values.push(stepper.params()['x']?.[0]);
    }
    expect(values).toEqual([-1, -1, -4, -4, -4, -4 - 56 / 3].map(Math.fround));
  });

  test('goes on from a state with a stepper that has never asked it', () => {
    const transform = accumulate(down, { every: (step) => (step < 2 ? 3 : 2) });
    const [whole, second] = [
      stepperOf(transform, 'x'),
      stepperOf(accumulate(down, { every: (step) => (step < 2 ? 3 : 2) }), 'x'),
    ];
    for (let step = 0; step < 7; step++) whole.step({ x: of(step) });
    second.setState(whole.getState());
    for (const stepper of [whole, second]) stepper.step({ x: of(9) });
    expect(second.params()['x']?.[0]).toBe(-7.5);
    expect(whole.params()['x']?.[0]).toBe(-1 - 4 - 7.5);
  });

  test.each([0, 1.5, NaN, Infinity, -1])('that gives %s is an error where it is first asked', (value) => {
    const transform = accumulate(down, { every: (step) => (step === 1 ? value : 1) });
    const stepper = stepperOf(transform, 'x');
    stepper.step({ x: of(1) });
    expect(() => stepper.step({ x: of(1) })).toThrow(
      `accumulate: the schedule of every gave ${value} for the inner step 1; it must give a whole number above 0`,
    );
    expect(stepper.getState()['step']).toEqual(Int32Array.of(1));
    expect(stepper.params()['x']).toEqual(of(-1));
  });
});
