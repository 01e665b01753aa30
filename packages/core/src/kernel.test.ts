import { expect, test } from 'vitest';
import { meanOverUnit, mul, normOverUnit, sub } from './algebra.ts';
import { chain } from './chain.ts';
import { defineTransform, stateless } from './defineTransform.ts';
import { clipNorm, descend, heavyBall } from './exampleTransforms.ts';
import type { AnyTransform, LeafSpec } from './gradientTransform.ts';
import { lowerNumbers, lowerPlan } from './kernel.ts';
import { planProgram } from './plan.ts';
import { printKernels } from './printKernels.ts';
import type { Leaf } from './symbolicTensor.ts';
import { toProgram } from './transformRun.ts';

const leaves: readonly LeafSpec[] = [
  { name: 'w', shape: [2, 3] },
  { name: 'b', shape: [3] },
];

function kernelsOf(transform: AnyTransform): ReturnType<typeof lowerPlan> {
  return lowerPlan(planProgram(toProgram(transform, leaves)));
}

test('a clip and an optimizer are two passes: one feeds the norm, one computes and stores', () => {
  const transform = chain(
    clipNorm({ maxNorm: 1 }),
    heavyBall({ momentum: 0.9 }),
    descend({ learningRate: 0.1 }),
  );
  expect(printKernels(kernelsOf(transform))).toMatchInlineSnapshot(`
    "chain: 2 leaves
    pass 1 of 2
      all leaves
        load    %6 for each entry from gradient
        feed    %7 with %6: norm(%6) of order 2 over all leaves
    pass 2 of 2
      numbers
        %1 = input descend.learningRate  : scalar
        %2 = neg(%1)  : scalar
        %3 = input heavyBall.momentum  : scalar
        %8 = input clipNorm.maxNorm  : scalar
        %9 = lessEqual(%7, %8)  : scalar bool
        %10 = div(%8, %7)  : scalar
      all leaves
        load    %3 once from numbers
        load    %4 for each entry from heavyBall/velocity
        load    %6 for each entry from gradient
        load    %10 once from numbers
        load    %9 once from numbers
        load    %2 once from numbers
        load    %0 for each entry from parameter
        compute %5 = mul(%3, %4)
        compute %11 = mul(%6, %10)
        compute %12 = where(%9, %6, %11)
        compute %13 = add(%5, %12)
        compute %14 = mul(%2, %13)
        compute %15 = add(%0, %14)
        store   heavyBall/velocity <- %13
        store   parameter <- %15
    numbers
      %16 = state heavyBall/count  : scalar
      %17 = 1  : scalar
      %18 = add(%16, 1)  : scalar"
  `);
});

test('a number of each unit is loaded for each unit, and a number of all leaves once', () => {
  const centralize = stateless('centralize', (updates) => sub(updates, meanOverUnit(updates)));
  const [, second] = kernelsOf(centralize).passes;
  expect(second?.kernels[0]?.loads.map(({ per, from }) => [per, from.op])).toEqual([
    ['entry', 'gradient'],
    ['unit', 'numbers'],
  ]);
});

test('what is stored as it was loaded is a load and a store, with nothing computed in between', () => {
  const exchange = defineTransform({
    name: 'exchange',
    options: {},
    schema: {},
    yields: 'gradients',
    init: (params): { a: Leaf; b: Leaf } => ({ a: params, b: params }),
    update: (updates, { a, b }) => ({ updates, state: { a: b, b: a } }),
  });
  const kernel = kernelsOf(exchange).passes[0]?.kernels[0];
  expect(kernel?.body).toEqual([]);
  expect(kernel?.loads.map(({ value, from }) => [value, from])).toEqual([
    [0, { op: 'gradient' }],
    [1, { op: 'slot', slot: 'exchange/b' }],
    [2, { op: 'slot', slot: 'exchange/a' }],
  ]);
  expect(kernel?.stores).toContainEqual({ to: 'slot', slot: 'exchange/a', node: 1 });
});

test('a kernel loads each value once, and only what it computes with, feeds or stores', () => {
  const transform = chain(clipNorm({ maxNorm: 1 }), heavyBall(), descend({ learningRate: 0.1 }));
  for (const { loads, body, feeds, stores } of kernelsOf(transform).passes.flatMap(
    ({ kernels }) => kernels,
  )) {
    const loaded = loads.map(({ value }) => value);
    const used = new Set([
      ...body.flatMap(({ operands }) => operands),
      ...feeds.map(({ value }) => value),
      ...stores.map(({ node }) => node),
    ]);
    expect(new Set(loaded).size).toBe(loaded.length);
    expect(loaded.filter((value) => !used.has(value))).toEqual([]);
    const there = new Set([...loaded, ...body.map(({ value }) => value)]);
    expect([...used].filter((value) => !there.has(value))).toEqual([]);
  }
});

test('numbers of units are a kernel over units, which loads those of its own kind for each of them', () => {
  const scaled = stateless('scaled', (updates) => mul(updates, mul(normOverUnit(updates), 2)));
  const { program, passes } = kernelsOf(scaled);
  const kernels = lowerNumbers(program, passes[1]?.numbersBefore ?? []).filter(
    (kernel) => typeof kernel === 'object',
  );
  expect(kernels.map(({ over }) => over)).toEqual(['unit']);
  expect(kernels[0]?.loads.map(({ per, from }) => [per, from.op])).toEqual([
    ['entry', 'numbers'],
    ['step', 'constant'],
  ]);
});
