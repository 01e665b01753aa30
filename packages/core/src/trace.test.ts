import { describe, expect, test } from 'vitest';
import { add, div, mul, pow, sub, sum, zerosLike } from './algebra.ts';
import { chain } from './chain.ts';
import { createStepper } from './createStepper.ts';
import { defineTransform, stateless } from './defineTransform.ts';
import { InvalidOptionError, MissingParamsError } from './errors.ts';
import { clipNorm, descend, heavyBall, normalize } from './exampleTransforms.ts';
import type { LeafSpec } from './gradientTransform.ts';
import { masked } from './masked.ts';
import { partition } from './partition.ts';
import { printProgram } from './printProgram.ts';
import type { Leaf } from './symbolicTensor.ts';
import { createTransformRun, toProgram } from './transformRun.ts';

const vectorLeaf = (name: string): LeafSpec => ({ name, shape: [3] });
const one = [vectorLeaf('x')];
const operations = (define: (x: Leaf) => Leaf): string[] =>
  toProgram(stateless('f', define), one).nodes.map(({ operation }) => operation.op);

describe('a program', () => {
  test('prints as one line for each operation', () => {
    const transform = chain(clipNorm({ maxNorm: 1 }), descend({ learningRate: 0.1 }));
    expect(printProgram(toProgram(transform, one))).toMatchInlineSnapshot(`
      "chain: 1 leaf
        %0 = parameter  : leaf
        %1 = input descend.learningRate  : scalar
        %2 = neg(%1)  : scalar
        %3 = gradient  : leaf
        %4 = norm(%3) of order 2 over all leaves  : scalar
        %5 = input clipNorm.maxNorm  : scalar
        %6 = lessEqual(%4, %5)  : scalar bool
        %7 = div(%5, %4)  : scalar
        %8 = mul(%3, %7)  : leaf
        %9 = where(%6, %3, %8)  : leaf
        %10 = mul(%2, %9)  : leaf
        %11 = add(%0, %10)  : leaf
        parameters <- %11
        report clipNorm.norm <- %4"
    `);
  });

  test('says which transform each operation comes from, by the path of its reports', () => {
    const transform = chain(
      clipNorm({ maxNorm: 1 }),
      masked(clipNorm({ maxNorm: 2 }), { rank: 1 }),
      descend({ learningRate: 0.1 }),
    );
    const { nodes, origins } = toProgram(transform, one);
    const madeBy = (path: string | undefined): string[] =>
      nodes.flatMap(({ operation }, index) => (origins[index] === path ? [operation.op] : []));
    const clip = ['norm', 'scalarInput', 'lessEqual', 'div', 'mul', 'where'];
    expect(madeBy('clipNorm').filter((operation) => operation !== 'gradient')).toEqual(clip);
    expect(madeBy('clipNorm#2')).toEqual(clip);
    expect(madeBy('descend')).toEqual(['scalarInput', 'neg', 'mul']);
    // What no transform asked for: the parameters, and the updates added to them.
    expect(madeBy(undefined)).toEqual(['parameter', 'add']);
  });

  test('prints which leaves are in which group', () => {
    const transform = masked(descend({ learningRate: 1 }), { name: 'x' });
    const program = toProgram(transform, ['a', 'b', 'x', 'c', 'd', 'e'].map(vectorLeaf));
    expect(printProgram(program)).toMatchInlineSnapshot(`
      "masked: 6 leaves in 2 groups
        @0 = "a", "b", "c", and 2 more
        @1 = "x"
        %0 = parameter  : leaf @0
        %1 = gradient  : leaf @0
        %2 = add(%0, %1)  : leaf @0
        %3 = parameter  : leaf @1
        %4 = input descend.learningRate  : scalar
        %5 = neg(%4)  : scalar
        %6 = gradient  : leaf @1
        %7 = mul(%5, %6)  : leaf @1
        %8 = add(%3, %7)  : leaf @1
        parameters @0 <- %2
        parameters @1 <- %8"
    `);
  });

  test('is as large for 2,000 leaves as for 2', () => {
    const transform = chain(clipNorm({ maxNorm: 1 }), heavyBall(), normalize(), descend({ learningRate: 1 }));
    const sizes = [2, 2000].map(
      (count) =>
        toProgram(
          transform,
          Array.from({ length: count }, (_, index) => vectorLeaf(`w${index}`)),
        ).nodes.length,
    );
    expect(sizes[1]).toBe(sizes[0]);
  });

  test('has as many groups as predicates can tell apart, whatever the number of leaves', () => {
    const leaves = Array.from({ length: 100 }, (_, index) => ({
      name: `w${index}`,
      shape: index % 2 === 0 ? [2] : [2, 2],
    }));
    const sevens = masked(heavyBall(), { name: '*7' }, { allowEmpty: true });
    const transform = partition({ a: sevens, b: normalize() }, [
      { label: 'a', leaves: { rank: 1 } },
      { label: 'b' },
    ]);
    expect(toProgram(transform, leaves).groups).toHaveLength(2);
    expect(toProgram(chain(transform, masked(normalize(), { name: '*7' })), leaves).groups).toHaveLength(3);
  });

  test('computes a value once that is asked for twice', () => {
    expect(operations((x) => add(mul(x, x), mul(x, x)))).toEqual(['gradient', 'mul', 'add']);
    expect(operations((x) => sub(mul(x, sum(x)), sum(x)))).toEqual(['gradient', 'sum', 'mul', 'sub']);
  });

  test('computes nothing that no output needs', () => {
    expect(
      operations((x) => {
        div(x, sum(x));
        return x;
      }),
    ).toEqual(['gradient']);
  });

  test('folds constants, and what changes no bit', () => {
    expect(operations((x) => mul(x, sub(pow(2, 3), 7)))).toEqual(['gradient']);
    for (const same of [
      (x: Leaf): Leaf => mul(x, 1),
      (x: Leaf): Leaf => mul(1, x),
      (x: Leaf): Leaf => div(x, 1),
      (x: Leaf): Leaf => sub(x, 0),
      (x: Leaf): Leaf => add(x, -0),
      (x: Leaf): Leaf => pow(x, 1),
    ]) {
      expect(operations(same)).toEqual(['gradient']);
    }
  });

  test('does not fold what would change a bit', () => {
    // -0 + 0 is +0; 0 * NaN is NaN; NaN - NaN is NaN.
    expect(operations((x) => add(x, 0))).toContain('add');
    expect(operations((x) => mul(x, 0))).toContain('mul');
    expect(operations((x) => sub(x, x))).toContain('sub');
  });

  test('survives a chain deeper than the stack', () => {
    const deep = stateless('deep', (x) => {
      let y = x;
      for (let depth = 0; depth < 50_000; depth++) y = add(y, x);
      return y;
    });
    expect(toProgram(deep, one).nodes).toHaveLength(50_001);
  });
});

test('each sequence of answers of the host is traced once, and the right one is taken again', () => {
  let traces = 0;
  const transform = stateless('f', (x, { decide }) => {
    traces++;
    return decide((step) => step % 2 === 0) ? x : mul(x, 2);
  });
  const stepper = createStepper(transform, { x: Float32Array.of(1) });
  const outcomes = [1, 1, 1, 1, 1].map((x) => stepper.update({ x: Float32Array.of(x) })['x']?.[0]);
  expect(outcomes).toEqual([1, 2, 1, 2, 1]);
  // Parameters or updates: the stepper also sets up the first state, for steps that are applied.
  expect(traces).toBe(3);
});

describe('a transform that does what it must not', () => {
  const broken = (update: (x: Leaf, state: { readonly m: Leaf }) => object): (() => unknown) => {
    const transform = defineTransform({
      name: 'broken',
      options: {},
      schema: {},
      yields: 'gradients',
      init: (params): { readonly m: Leaf } => ({ m: zerosLike(params) }),
      // @ts-expect-error what update returns is wrong on purpose
      update: (x, state: { readonly m: Leaf }) => update(x, state),
    });
    return () => toProgram(transform, one);
  };

  test.each([
    ['returns no updates', (_: Leaf, state: object) => ({ state }), 'but returned undefined'],
    ['returns a number', (_: Leaf, state: object) => ({ updates: 1, state }), 'but returned 1'],
    [
      'returns too narrow updates',
      (x: Leaf, state: object) => ({ updates: sum(x), state }),
      'a float32 leafScalar',
    ],
    ['drops a slot', (x: Leaf) => ({ updates: x, state: {} }), 'the state was { m } and has become {  }'],
    [
      'adds a slot',
      (x: Leaf, state: object) => ({ updates: x, state: { ...state, n: x } }),
      'the state was { m } and has become { m, n }',
    ],
    [
      'changes a kind',
      (x: Leaf) => ({ updates: x, state: { m: sum(x) } }),
      'has become a float32 leafScalar',
    ],
    [
      'keeps a number',
      (x: Leaf) => ({ updates: x, state: { m: 1 } }),
      `the state's "m" was a float32 leaf and has become 1`,
    ],
    [
      'reports an array',
      (x: Leaf, state: object) => ({ updates: x, state, report: { x } }),
      'Reduce it first',
    ],
  ])('and %s is told so', (_, update, message) => {
    expect(broken(update)).toThrow(InvalidOptionError);
    expect(broken(update)).toThrow(message);
  });

  test('and keeps plain numbers in its state is told how to keep them', () => {
    const transform = defineTransform({
      name: 'plain',
      options: {},
      schema: {},
      yields: 'gradients',
      // @ts-expect-error a number is no tensor
      init: () => ({ count: 0 }),
      update: (updates, state) => ({ updates, state }),
    });
    expect(() => toProgram(transform, one)).toThrow('Write scalar(0) for one number');
  });

  test('and reads parameters where there are none is told where it can be used', () => {
    const decay = stateless('decay', (x, { params }) => add(x, params));
    expect(() => createTransformRun(decay, one, { hasParams: false })).toThrow(MissingParamsError);
    expect(() => createTransformRun(decay, one, { hasParams: false })).toThrow('decay reads the parameters');
    expect(() => createTransformRun(heavyBall(), one, { hasParams: false })).not.toThrow();
  });
});
