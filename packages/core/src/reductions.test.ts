import { describe, expect, test } from 'vitest';
import {
  all,
  allOverLeaves,
  allOverUnit,
  any,
  anyOverLeaves,
  anyOverUnit,
  isNaN,
  leafScalar,
  max,
  maxOverLeaves,
  maxOverUnit,
  maxOverVector,
  mean,
  meanOverLeaves,
  meanOverUnit,
  meanOverVector,
  min,
  minOverLeaves,
  minOverUnit,
  minOverVector,
  mul,
  norm,
  normOverLeaves,
  normOverUnit,
  push,
  scalar,
  sum,
  sumOverLeaves,
  sumOverUnit,
  sumOverVector,
  vector,
  where,
  zerosLike,
} from './algebra.ts';
import { createStepper } from './createStepper.ts';
import type { LeafValues } from './stepperArguments.ts';
import { defineTransform, stateless } from './defineTransform.ts';
import { InvalidOptionError, SymbolicValueError } from './errors.ts';
import type { AnyTransform } from './gradientTransform.ts';
import { loopEngine } from './loopEngine.ts';
import { referenceEngine } from './referenceEngine.ts';
import type { Leaf, LeafScalar, Scalar, Unit, Vector } from './symbolicTensor.ts';

function reporting(define: (x: Leaf) => Scalar | LeafScalar): AnyTransform {
  return defineTransform({
    name: 'f',
    options: {},
    schema: {},
    yields: 'gradients',
    init: () => ({}),
    update: (updates, state) => ({ updates, state, report: { y: define(updates) } }),
  });
}

function report(define: (x: Leaf) => Scalar | LeafScalar, tree: Record<string, LeafValues>): unknown {
  const gradients = Object.fromEntries(
    Object.entries(tree).map(([name, leaf]) => [name, leaf instanceof Float32Array ? leaf : leaf.values]),
  );
  const results = [loopEngine({ blockSize: 2 }), referenceEngine()].map((engine) => {
    const stepper = createStepper(reporting(define), tree, { engine });
    stepper.update(gradients);
    return stepper.report()?.values['f.y'] ?? Object.fromEntries(stepper.report()?.leafValues['f.y'] ?? []);
  });
  expect(results[0], 'block by block').toEqual(results[1]);
  return results[0];
}

const tree = {
  a: Float32Array.of(3, -4),
  empty: new Float32Array(0),
  one: { values: Float32Array.of(2), shape: [] },
};

describe('over each leaf', () => {
  const cases: readonly [string, (x: Leaf) => LeafScalar, object][] = [
    ['sum', (x) => sum(x), { a: -1, empty: 0, one: 2 }],
    ['mean', (x) => mean(x), { a: -0.5, empty: NaN, one: 2 }],
    ['max', (x) => max(x), { a: 3, empty: -Infinity, one: 2 }],
    ['min', (x) => min(x), { a: -4, empty: Infinity, one: 2 }],
    ['any', (x) => where(any(isNaN(x)), 1, 0), { a: 0, empty: 0, one: 0 }],
    ['all', (x) => where(all(isNaN(x)), 1, 0), { a: 0, empty: 1, one: 0 }],
    ['norm', (x) => norm(x), { a: 5, empty: 0, one: 2 }],
    ['norm of order 1', (x) => norm(x, { order: 1 }), { a: 7, empty: 0, one: 2 }],
    ['norm of order Infinity', (x) => norm(x, { order: Infinity }), { a: 4, empty: 0, one: 2 }],
  ];
  test.each(cases)('%s is one number for each leaf, of an empty one too', (_, define, expected) => {
    expect(report(define, tree)).toEqual(expected);
  });
});

describe('over all leaves together', () => {
  const cases: readonly [string, (x: Leaf) => Scalar, number, number][] = [
    ['sum', (x) => sumOverLeaves(x), 1, 0],
    ['mean', (x) => meanOverLeaves(x), Math.fround(1 / 3), NaN],
    ['max', (x) => maxOverLeaves(x), 3, -Infinity],
    ['min', (x) => minOverLeaves(x), -4, Infinity],
    ['any', (x) => where(anyOverLeaves(isNaN(x)), 1, 0), 0, 0],
    ['all', (x) => where(allOverLeaves(isNaN(x)), 1, 0), 0, 1],
    ['norm', (x) => normOverLeaves(x), Math.fround(Math.sqrt(29)), 0],
    ['the mean of a number for each leaf', (x) => meanOverLeaves(leafScalar(x, 6)), 6, NaN],
    ['the sum of each leaf summed', (x) => sumOverLeaves(sum(x)), 1, 0],
  ];
  test.each(cases)('%s is one number, without leaves too', (_, define, expected, ofNothing) => {
    expect(report(define, tree)).toBe(expected);
    expect(report(define, {})).toBe(ofNothing);
  });
});

describe('over each unit, a slice along the last axis', () => {
  const update = (define: (x: Leaf) => Unit, shape: readonly number[]): number[] => {
    const values = Float32Array.of(1, 2, 3, 4, 5, -6);
    const transform = stateless('f', (x) => mul(where(isNaN(x), x, 1), define(x)));
    return Array.from(createStepper(transform, { x: { values, shape } }).update({ x: values })['x'] ?? []);
  };
  const cases: readonly [string, (x: Leaf) => Unit, readonly number[]][] = [
    ['sum', (x) => sumOverUnit(x), [5, 7, -3]],
    ['mean', (x) => meanOverUnit(x), [2.5, 3.5, -1.5]],
    ['max', (x) => maxOverUnit(x), [4, 5, 3]],
    ['min', (x) => minOverUnit(x), [1, 2, -6]],
    ['any', (x) => where(anyOverUnit(isNaN(x)), 1, 0), [0, 0, 0]],
    ['all', (x) => where(allOverUnit(isNaN(x)), 1, 0), [0, 0, 0]],
    ['norm', (x) => normOverUnit(x, { order: 1 }), [5, 7, 9]],
  ];
  test.each(cases)('%s runs over all axes but the last', (_, define, units) => {
    expect(update(define, [2, 3])).toEqual([...units, ...units]);
  });

  test('a leaf with at most one axis longer than 1 is one unit', () => {
    for (const shape of [[6], [6, 1], [1, 6], [1, 1, 6, 1]])
      expect(update(sumOverUnit, shape)).toEqual(Array(6).fill(9));
    expect(update(sumOverUnit, [1, 3, 2])).toEqual([9, 0, 9, 0, 9, 0]);
  });
});

describe('a norm', () => {
  const normOf = (order: number, ...values: number[]): unknown =>
    report((x) => normOverLeaves(x, { order }), { x: Float32Array.from(values) });

  test('is right wherever it is a float32 itself', () => {
    for (const scale of [1e-38, 1e-30, 1e-20, 1, 1e20, 1e30, 6e37]) {
      const [three, four] = [Math.fround(3 * scale), Math.fround(4 * scale)];
      for (const [order, expected] of [
        [1, 7],
        [2, 5],
        [3, 91 ** (1 / 3)],
        [0.5, 13.928203230275509],
        [Infinity, 4],
      ] as const) {
        if (expected * scale > 3.4e38) continue;
        expect(Number(normOf(order, three, -four)) / (expected * scale)).toBeCloseTo(
          1,
          scale < 1e-37 ? 4 : 6,
        );
      }
    }
  });

  test('of NaN is NaN and of an infinity Infinity, whatever the order', () => {
    for (const order of [0.5, 1, 2, 3, 40, Infinity]) {
      expect(normOf(order, 1, NaN, Infinity)).toBe(NaN);
      expect(normOf(order, 1, -Infinity)).toBe(Infinity);
      expect(normOf(order, 0, -0)).toBe(0);
    }
  });

  test('refuses an order that is no norm', () => {
    for (const order of [0, -1, NaN]) expect(() => normOf(order, 1)).toThrow(InvalidOptionError);
    // @ts-expect-error "ord" is no option
    expect(() => report((x) => normOverLeaves(x, { ord: 1 }), {})).toThrow('Did you mean "order"?');
  });
});

test('NaN spreads through sum, mean, max and min', () => {
  const values = { x: Float32Array.of(1, NaN, 2) };
  for (const define of [sum, mean, max, min]) expect(report(define, values)).toEqual({ x: NaN });
});

test('a sum is taken in float64: a small entry between large ones is not lost', () => {
  expect(report(sumOverLeaves, { x: Float32Array.of(1e8, 1, -1e8) })).toBe(1);
});

describe('a history', () => {
  const tracking: AnyTransform = defineTransform({
    name: 'track',
    options: {},
    schema: {},
    yields: 'gradients',
    init: (): { readonly history: Vector; readonly last: Scalar } => ({
      history: vector(3, 0),
      last: scalar(0),
    }),
    update: (updates, state) => {
      const last = sumOverLeaves(updates);
      const history = push(state.history, last);
      return {
        updates,
        state: { history, last },
        report: {
          sum: sumOverVector(history),
          mean: meanOverVector(history),
          max: maxOverVector(history),
          min: minOverVector(history),
        },
      };
    },
  });

  test('keeps the last entries, the newest at the end', () => {
    const stepper = createStepper(tracking, { x: Float32Array.of(0) });
    for (const x of [1, 2, 3, 4]) stepper.update({ x: Float32Array.of(x) });
    expect(stepper.getState()['track/history']).toEqual(Float32Array.of(2, 3, 4));
    expect(stepper.report()?.values).toEqual({
      'track.sum': 9,
      'track.mean': 3,
      'track.max': 4,
      'track.min': 2,
    });
  });
});

test('a reduction of the wrong kind of tensor is refused', () => {
  // @ts-expect-error a scalar has nothing to reduce
  expect(() => report((x) => sum(sumOverLeaves(x)), {})).toThrow(SymbolicValueError);
  // @ts-expect-error a tree is no history
  expect(() => report((x) => sumOverVector(zerosLike(x)), {})).toThrow(
    'takes a vector, but was given a leaf',
  );
});
