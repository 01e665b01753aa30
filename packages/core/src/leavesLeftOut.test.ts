import { describe, expect, test } from 'vitest';
import { add, anyOverLeaves, isNaN, mul } from './algebra.ts';
import { chain } from './chain.ts';
import { conditionally } from './conditionally.ts';
import { createStepper } from './createStepper.ts';
import { defineTransform, stateless } from './defineTransform.ts';
import { InvalidOptionError, SymbolicValueError } from './errors.ts';
import { clipNorm, descend, heavyBall } from './exampleTransforms.ts';
import type { EmptyState } from './gradientTransform.ts';
import { freeze } from './freeze.ts';
import { masked } from './masked.ts';
import { partition } from './partition.ts';
import { zeroNans } from './zeroNans.ts';

const of = (...values: number[]): Float32Array => Float32Array.from(values);
const optimizer = chain(heavyBall(), descend({ learningRate: 1 }));
const double = stateless('double', (updates) => mul(updates, 2));

describe('a null gradient', () => {
  test('leaves its parameter and its state alone to the bit, and no norm sees it', () => {
    const stepper = createStepper(chain(clipNorm({ maxNorm: 1 }), optimizer), { x: of(0, 0), y: of(-0) });
    stepper.step({ x: of(3, 4), y: null });
    expect(stepper.report()?.values['clipNorm.norm']).toBe(5);
    expect(stepper.params()['y']).toEqual(of(-0));
    expect(stepper.getState()['heavyBall/velocity/y']).toEqual(of(0));
    stepper.step({ x: null, y: of(12) });
    expect(stepper.report()?.values['clipNorm.norm']).toBe(12);
    expect(stepper.getState()['heavyBall/velocity/y']).toEqual(of(1));
  });

  test('for every leaf at once changes nothing but the step', () => {
    const stepper = createStepper(optimizer, { x: of(-0) });
    const before = stepper.getState();
    stepper.step({ x: null });
    expect(stepper.params()['x']).toEqual(of(-0));
    expect(stepper.getState()).toEqual({ ...before, step: Int32Array.of(1) });
  });
});

describe('freeze', () => {
  test('keeps bits and state, and later norms do not see the frozen leaves', () => {
    const transform = chain(freeze({ name: 'em*' }), clipNorm({ maxNorm: 1 }), optimizer);
    const stepper = createStepper(transform, { embedding: of(NaN, -0), x: of(0, 0) });
    stepper.step({ embedding: of(NaN, 1), x: of(3, 4) });
    expect(stepper.params()['embedding']).toEqual(of(NaN, -0));
    expect(stepper.getState()['heavyBall/velocity/embedding']).toEqual(of(0, 0));
    expect(stepper.report()?.values['clipNorm.norm']).toBe(5);
  });

  test('of every leaf leaves nothing to do', () => {
    const stepper = createStepper(
      chain(
        freeze(() => true),
        optimizer,
      ),
      { x: of(-0) },
    );
    stepper.step({ x: of(1) });
    expect(stepper.params()['x']).toEqual(of(-0));
  });

  test('refuses a predicate that is none', () => {
    // @ts-expect-error "nam" is no condition
    expect(() => freeze({ nam: 'x' })).toThrow('Did you mean "name"?');
    expect(() => freeze({ rank: -1 })).toThrow(InvalidOptionError);
    // @ts-expect-error a predicate gives true or false
    const wrong = freeze(() => 'yes');
    expect(() => createStepper(wrong, { x: of(1) })).toThrow('the predicate gave "yes" for the leaf "x"');
  });
});

describe('masked', () => {
  test('passes the other leaves unchanged, and norms inside see the meant ones only', () => {
    const transform = masked(clipNorm({ maxNorm: 1 }), { minRank: 2 });
    const matrix = { values: of(3, 4), shape: [1, 2] };
    const stepper = createStepper(transform, { bias: of(-0, 50), kernel: matrix });
    const updates = stepper.update({ bias: of(-0, 50), kernel: of(3, 4) });
    expect(updates['bias']).toEqual(of(-0, 50));
    expect(updates['kernel']).toEqual(
      of(Math.fround(3 * Math.fround(0.2)), Math.fround(4 * Math.fround(0.2))),
    );
    expect(stepper.report()?.values['clipNorm.norm']).toBe(5);
  });

  test('keeps no state for the other leaves', () => {
    const stepper = createStepper(masked(heavyBall(), { name: 'x' }), { x: of(0), y: of(0) });
    expect(Object.keys(stepper.getState())).toEqual(['step', 'heavyBall/velocity/x', 'heavyBall/count']);
  });

  test('an optimizer for some leaves only is no step for the others: it names one', () => {
    const stepper = createStepper(masked(descend({ learningRate: 1 }), { name: 'x' }), {
      x: of(0),
      y: of(0),
    });
    expect(() => stepper.step({ x: of(1), y: of(1) })).toThrow('yields gradients for "y"');
    expect(stepper.params()['x']).toEqual(of(0));
    expect(stepper.getState()['step']).toEqual(Int32Array.of(0));
  });
});

describe('partition', () => {
  const rules = [{ label: 'fast', leaves: { name: ['a', 'b'] } }, { label: 'slow' }];
  const transform = partition(
    {
      fast: descend({ learningRate: 2 }),
      slow: chain(clipNorm({ maxNorm: 1 }), descend({ learningRate: 1 })),
    },
    rules,
  );

  test('runs each part on its own leaves', () => {
    const stepper = createStepper(transform, { c: of(0), a: of(0), d: of(0) });
    stepper.step({ c: of(3), a: of(5), d: of(4) });
    expect(stepper.params()).toEqual({
      c: of(-3 * Math.fround(0.2)),
      a: of(-10),
      d: of(-4 * Math.fround(0.2)),
    });
    expect(stepper.report()?.values['clipNorm.norm']).toBe(5);
  });

  test('a label without leaves is no error, a leaf without a label is one', () => {
    expect(() => createStepper(transform, { a: of(0) }).step({ a: of(1) })).not.toThrow();
    const partial = partition({ fast: double }, [{ label: 'fast', leaves: { name: 'a' } }]);
    expect(() => createStepper(partial, { z: of(0) })).toThrow(
      'the leaf "z" has a label without a transform',
    );
    const wrong = partition({ fast: double, slow: double }, () => 'fsat');
    expect(() => createStepper(wrong, { z: of(0) })).toThrow('Did you mean "fast"?');
  });
});

describe('conditionally', () => {
  test('passes gradients unchanged at the other steps and keeps the inner state', () => {
    const stepper = createStepper(conditionally(heavyBall(), { from: 1, until: 4, every: 2 }), { x: of(0) });
    const outcomes = [1, 1, 1, 1, 1].map((x) => stepper.update({ x: of(x) })['x']?.[0]);
    expect(outcomes).toEqual([1, 1, 1, 2, 1]);
    expect(stepper.getState()['heavyBall/count']).toEqual(of(2));
  });

  test('around an optimizer there is no step at all at the others', () => {
    const stepper = createStepper(
      conditionally(optimizer, (step) => step === 1),
      { x: of(-0) },
    );
    stepper.step({ x: of(1) });
    expect(stepper.params()['x']).toEqual(of(-0));
    stepper.step({ x: of(1) });
    expect(stepper.params()['x']).toEqual(of(-1));
  });

  test('refuses a range that cannot be meant, and an answer that is none', () => {
    expect(() => conditionally(double, { every: 0 })).toThrow(InvalidOptionError);
    expect(() => conditionally(double, { from: 1.5 })).toThrow(InvalidOptionError);
    // @ts-expect-error "til" is no bound
    expect(() => conditionally(double, { til: 3 })).toThrow('Did you mean "until"?');
    // @ts-expect-error a number is no answer
    const wrong = conditionally(double, () => 1);
    expect(() => createStepper(wrong, { x: of(1) })).toThrow('must give true or false');
  });
});

test('zeroNans replaces NaN and nothing else, and counts', () => {
  const stepper = createStepper(zeroNans(), { x: of(0, 0, 0, 0), y: of(0) });
  const updates = stepper.update({ x: of(NaN, -0, Infinity, 1), y: of(NaN) });
  expect(updates).toEqual({ x: of(0, -0, Infinity, 1), y: of(0) });
  expect(stepper.report()?.values['zeroNans.count']).toBe(2);
});

test('a transform that mixes trees over different leaves is refused', () => {
  const mixing = stateless('mixing', (updates, { params }) => add(updates, params));
  const stray = stateless('stray', (updates, { split }) => {
    const part = split(updates, ({ name }) => name).get('x');
    return part === undefined ? updates : add(updates, part);
  });
  const stepper = createStepper(mixing, { x: of(1), y: of(2) });
  expect(stepper.update({ x: of(1), y: null })).toEqual({ x: of(2), y: of(-0) });
  expect(() => createStepper(stray, { x: of(1), y: of(2) })).toThrow(SymbolicValueError);
});

test('a hold for all leaves holds the transforms before it even for leaves that are left out', () => {
  const holding = defineTransform({
    name: 'holding',
    options: {},
    schema: {},
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { split }) => ({
      updates: split(updates, ({ name }) => name).get('x') ?? updates,
      state,
      hold: anyOverLeaves(isNaN(updates)),
    }),
  });
  const stepper = createStepper(chain(heavyBall(), holding), { x: of(0), y: of(0) });
  stepper.update({ x: of(1), y: of(NaN) });
  expect(stepper.getState()['heavyBall/velocity/y']).toEqual(of(0));
  expect(stepper.getState()['heavyBall/count']).toEqual(of(0));
});
