import { describe, expect, test } from 'vitest';
import {
  abs,
  add,
  div,
  equal,
  exp,
  fillLike,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  leafScalar,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  map,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  pow,
  scalar,
  sign,
  size,
  sizeOfUnit,
  sqrt,
  square,
  sub,
  sumOverLeaves,
  tanh,
  unit,
  vector,
  where,
  zerosLike,
} from './algebra.ts';
import { createStepper } from './createStepper.ts';
import { stateless } from './defineTransform.ts';
import { InvalidOptionError, SymbolicValueError } from './errors.ts';
import type { Leaf, LeafScalar, Mask, Scalar, Unit } from './symbolicTensor.ts';

const asText = (value: unknown): string => String(value);

/** What a function of one leaf gives for the entries of a leaf. */
function evaluate(
  define: (x: Leaf) => Leaf | LeafScalar | Unit | Scalar | Mask<'leaf'>,
  entries: readonly number[],
  shape: readonly number[] = [entries.length],
): number[] {
  const values = Float32Array.from(entries);
  const transform = stateless('f', (x) => {
    const result: Leaf | LeafScalar | Unit | Scalar | Mask<'leaf'> = define(x);
    return result.__symbolic.dtype === 'bool'
      ? where(isMask(result), 1, zerosLike(x))
      : add(isNumber(result), fillLike(x, -0));
  });
  return Array.from(createStepper(transform, { x: { values, shape } }).update({ x: values })['x'] ?? []);
}

function isMask(value: Leaf | LeafScalar | Unit | Scalar | Mask<'leaf'>): Mask<'leaf'> {
  if (hasTruth(value)) return value;
  throw new Error('not a mask');
}

function isNumber(
  value: Leaf | LeafScalar | Unit | Scalar | Mask<'leaf'>,
): Leaf | LeafScalar | Unit | Scalar {
  if (!hasTruth(value)) return value;
  throw new Error('a mask');
}

function hasTruth(value: { readonly __symbolic: { readonly dtype: string } }): value is Mask<'leaf'> {
  return value.__symbolic.dtype === 'bool';
}

const largest = 3.4028234663852886e38;
const smallest = 1.401298464324817e-45;

describe('an elementwise operation of one tensor', () => {
  const cases: readonly [string, (x: Leaf) => Leaf | Mask<'leaf'>, readonly [number, number][]][] = [
    [
      'neg',
      (x) => neg(x),
      [
        [3, -3],
        [0, -0],
        [-0, 0],
        [Infinity, -Infinity],
        [NaN, NaN],
      ],
    ],
    [
      'abs',
      (x) => abs(x),
      [
        [-3, 3],
        [-0, 0],
        [-Infinity, Infinity],
        [NaN, NaN],
        [-smallest, smallest],
      ],
    ],
    [
      'sign',
      (x) => sign(x),
      [
        [-3, -1],
        [smallest, 1],
        [0, 0],
        [-0, -0],
        [-Infinity, -1],
        [NaN, NaN],
      ],
    ],
    [
      'sqrt',
      (x) => sqrt(x),
      [
        [9, 3],
        [0, 0],
        [-0, -0],
        [-1, NaN],
        [Infinity, Infinity],
      ],
    ],
    [
      'square',
      (x) => square(x),
      [
        [-3, 9],
        [-0, 0],
        [1e20, Infinity],
        [1e-30, 0],
        [-Infinity, Infinity],
      ],
    ],
    [
      'exp',
      (x) => exp(x),
      [
        [0, 1],
        [-0, 1],
        [-Infinity, 0],
        [Infinity, Infinity],
        [89, Infinity],
        [NaN, NaN],
      ],
    ],
    [
      'log',
      (x) => log(x),
      [
        [1, 0],
        [0, -Infinity],
        [-0, -Infinity],
        [-1, NaN],
        [Infinity, Infinity],
        [NaN, NaN],
      ],
    ],
    [
      'tanh',
      (x) => tanh(x),
      [
        [0, 0],
        [-0, -0],
        [Infinity, 1],
        [-Infinity, -1],
        [30, 1],
        [NaN, NaN],
      ],
    ],
    [
      'isNaN',
      (x) => isNaN(x),
      [
        [NaN, 1],
        [Infinity, 0],
        [0, 0],
      ],
    ],
    [
      'isFinite',
      (x) => isFinite(x),
      [
        [NaN, 0],
        [Infinity, 0],
        [-Infinity, 0],
        [largest, 1],
        [-0, 1],
      ],
    ],
    [
      'logicalNot',
      (x) => logicalNot(isNaN(x)),
      [
        [NaN, 0],
        [1, 1],
      ],
    ],
  ];
  test.each(cases)('%s has the values of its definition, at the edges too', (_, define, pairs) => {
    expect(
      evaluate(
        define,
        pairs.map(([x]) => x),
      ),
    ).toEqual(pairs.map(([, y]) => y));
  });
});

describe('an elementwise operation of two tensors', () => {
  type Triple = readonly [a: number, b: number, result: number];
  const cases: readonly [string, (a: Leaf, b: Scalar) => Leaf | Mask<'leaf'>, readonly Triple[]][] = [
    [
      'add',
      (a, b) => add(a, b),
      [
        [1, 2, 3],
        [-0, 0, 0],
        [-0, -0, -0],
        [largest, largest, Infinity],
        [Infinity, -Infinity, NaN],
      ],
    ],
    [
      'sub',
      (a, b) => sub(a, b),
      [
        [1, 2, -1],
        [-0, 0, -0],
        [0, 0, 0],
        [Infinity, Infinity, NaN],
      ],
    ],
    [
      'mul',
      (a, b) => mul(a, b),
      [
        [2, 3, 6],
        [-0, 3, -0],
        [NaN, 0, NaN],
        [Infinity, 0, NaN],
        [1e-30, 1e-30, 0],
      ],
    ],
    [
      'div',
      (a, b) => div(a, b),
      [
        [6, 3, 2],
        [1, 0, Infinity],
        [1, -0, -Infinity],
        [0, 0, NaN],
        [1, Infinity, 0],
      ],
    ],
    [
      'maximum',
      (a, b) => maximum(a, b),
      [
        [1, 2, 2],
        [NaN, 2, NaN],
        [1, NaN, NaN],
        [-0, 0, 0],
      ],
    ],
    [
      'minimum',
      (a, b) => minimum(a, b),
      [
        [1, 2, 1],
        [NaN, 2, NaN],
        [1, NaN, NaN],
        [0, -0, -0],
      ],
    ],
    [
      'pow',
      (a, b) => pow(a, b),
      [
        [2, 10, 1024],
        [NaN, 0, 1],
        [-2, 3, -8],
        [-2, 0.5, NaN],
        [0, -1, Infinity],
        [-0, -1, -Infinity],
      ],
    ],
    [
      'less',
      (a, b) => less(a, b),
      [
        [1, 2, 1],
        [2, 2, 0],
        [NaN, 2, 0],
        [-0, 0, 0],
      ],
    ],
    [
      'lessEqual',
      (a, b) => lessEqual(a, b),
      [
        [1, 2, 1],
        [2, 2, 1],
        [NaN, 2, 0],
        [0, -0, 1],
      ],
    ],
    [
      'greater',
      (a, b) => greater(a, b),
      [
        [3, 2, 1],
        [2, 2, 0],
        [NaN, 2, 0],
      ],
    ],
    [
      'greaterEqual',
      (a, b) => greaterEqual(a, b),
      [
        [3, 2, 1],
        [2, 2, 1],
        [2, NaN, 0],
      ],
    ],
    [
      'equal',
      (a, b) => equal(a, b),
      [
        [2, 2, 1],
        [0, -0, 1],
        [NaN, NaN, 0],
      ],
    ],
    [
      'notEqual',
      (a, b) => notEqual(a, b),
      [
        [2, 2, 0],
        [0, -0, 0],
        [NaN, NaN, 1],
      ],
    ],
    [
      'logicalAnd',
      (a, b) => logicalAnd(less(a, 0), less(b, 0)),
      [
        [-1, -1, 1],
        [-1, 1, 0],
        [1, -1, 0],
        [1, 1, 0],
      ],
    ],
    [
      'logicalOr',
      (a, b) => logicalOr(less(a, 0), less(b, 0)),
      [
        [-1, -1, 1],
        [-1, 1, 1],
        [1, -1, 1],
        [1, 1, 0],
      ],
    ],
  ];
  test.each(cases)(
    '%s has the values of its definition, with a constant and with a tensor',
    (_, define, triples) => {
      for (const [a, b, result] of triples) {
        expect(evaluate((x) => define(x, scalar(b)), [a])).toEqual([result]);
        // The sum of one entry is that entry, but nothing that could be folded.
        expect(evaluate((x) => define(fillLike(x, a), sumOverLeaves(x)), [b])).toEqual([result]);
        expect(evaluate((x) => define(fillLike(x, a), scalar(b)), [7])).toEqual([result]);
      }
    },
  );

  test('every result is rounded to float32', () => {
    expect(evaluate((x) => add(x, 1), [2 ** -24])).toEqual([1]);
    expect(evaluate((x) => mul(x, 0.1), [3])).toEqual([Math.fround(3 * Math.fround(0.1))]);
  });
});

test('where selects bits: the value that is not taken has no influence', () => {
  expect(evaluate((x) => where(isNaN(x), -0, x), [NaN, 1, -0, Infinity])).toEqual([-0, 1, -0, Infinity]);
  expect(evaluate((x) => where(less(x, 0), mul(x, NaN), 2), [-1, 1])).toEqual([NaN, 2]);
});

describe('broadcasting', () => {
  test('a number for each leaf meets every entry of that leaf', () => {
    const values = { a: Float32Array.of(1, 2), b: Float32Array.of(3) };
    const stepper = createStepper(
      stateless('f', (x) => mul(x, size(x))),
      values,
    );
    expect(stepper.update(values)).toEqual({ a: Float32Array.of(2, 4), b: Float32Array.of(3) });
  });

  test('a number for each unit meets the entries along the last axis', () => {
    expect(evaluate((x) => mul(x, sizeOfUnit(x)), [1, 1, 1, 1, 1, 1], [2, 3])).toEqual([2, 2, 2, 2, 2, 2]);
    expect(evaluate((x) => add(x, mul(sizeOfUnit(x), 10)), [1, 2, 3], [3, 1])).toEqual([31, 32, 33]);
  });

  test('constants of each kind hold their value everywhere', () => {
    expect(evaluate((x) => fillLike(x, 2), [0, 0])).toEqual([2, 2]);
    expect(evaluate((x) => leafScalar(x, 3), [0, 0])).toEqual([3, 3]);
    expect(evaluate((x) => unit(x, 4), [0, 0])).toEqual([4, 4]);
    expect(evaluate(() => scalar(5), [0, 0])).toEqual([5, 5]);
  });

  test('a vector beside anything but a scalar is refused', () => {
    const history = vector(2, 0);
    // @ts-expect-error a vector meets scalars only
    expect(() => evaluate((x) => add(x, history), [1])).toThrow('A leaf cannot be combined with a vector');
    expect(() => vector(0, 1)).toThrow(InvalidOptionError);
    expect(() => vector(1.5, 1)).toThrow("A vector's length must be a whole number above 0, but is 1.5.");
  });
});

describe('a symbolic tensor in JavaScript', () => {
  const use = (call: (x: Leaf) => unknown) => (): unknown =>
    evaluate(
      (x) => {
        call(x);
        return x;
      },
      [1],
    );

  test('throws where an operator or a text wants its value, and says where', () => {
    const misuses: readonly ((x: Leaf) => unknown)[] = [
      (x) => Number(x),
      (x) => asText(x),
      // @ts-expect-error an object is no number
      (x) => x * 2,
      // @ts-expect-error an object is no number
      (x) => x > 2,
    ];
    for (const misuse of misuses) {
      expect(use(misuse)).toThrow(SymbolicValueError);
      expect(use(misuse)).toThrow('where(condition, a, b)');
    }
  });

  test('throws when it is written as JSON', () => {
    expect(use((x) => JSON.stringify(x))).toThrow('cannot be written as JSON');
  });

  test('is refused where an operation is given something else', () => {
    // @ts-expect-error a text is no operand
    expect(use((x) => add(x, '1'))).toThrow(
      'An operation was given "1"; it takes symbolic tensors and numbers.',
    );
    // @ts-expect-error nothing is no operand
    expect(use((x) => add(x, undefined))).toThrow(SymbolicValueError);
  });
});

test('map calls its function once with the trees themselves', () => {
  expect(evaluate((x) => map(x, x, (a, b) => add(a, b)), [1, 2])).toEqual([2, 4]);
  // @ts-expect-error a function is missing
  expect(() => evaluate((x) => map(x, x), [1])).toThrow('map takes trees and, last, a function');
});
