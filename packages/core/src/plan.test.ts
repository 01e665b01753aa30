import { describe, expect, test } from 'vitest';
import { add, less, maximum, meanOverLeaves, mul, neg, sumOverLeaves, where, zerosLike } from './algebra.ts';
import { chain } from './chain.ts';
import { defineTransform, stateless } from './defineTransform.ts';
import { clipNorm, descend, heavyBall, normalize } from './exampleTransforms.ts';
import type { AnyTransform, EmptyState } from './gradientTransform.ts';
import { planProgram, type Plan } from './plan.ts';
import { passCount, printPlan } from './printProgram.ts';
import { skipNonFinite } from './skipNonFinite.ts';
import { toProgram } from './transformRun.ts';
import { zeroNans } from './zeroNans.ts';

const leaves = [
  { name: 'w', shape: [2, 2] },
  { name: 'b', shape: [2] },
];
const optimizer = chain(heavyBall(), normalize(), descend({ learningRate: 1 }));
const clipValue: AnyTransform = defineTransform({
  name: 'clipValue',
  options: {},
  schema: {},
  yields: 'gradients',
  init: (): EmptyState => ({}),
  update: (updates, state) => ({
    updates: where(less(updates, -1), -1, where(less(1, updates), 1, updates)),
    state,
    report: { mean: meanOverLeaves(updates) },
  }),
});

function plan(transform: AnyTransform): Plan {
  return planProgram(toProgram(transform, leaves));
}

function passes(...transforms: readonly AnyTransform[]): number {
  return passCount(toProgram(chain(...transforms), leaves));
}

describe('a plan', () => {
  test('prints as passes over memory', () => {
    const transform = chain(clipNorm({ maxNorm: 1 }), heavyBall(), descend({ learningRate: 0.1 }));
    expect(printPlan(plan(transform))).toMatchInlineSnapshot(`
      "chain: 2 leaves
      pass 1 of 2
        for each entry of all leaves
          %6 = gradient  : leaf
          %7 = norm(%6) of order 2 over all leaves  : scalar
      pass 2 of 2
        before
          %1 = input descend.learningRate  : scalar
          %2 = neg(%1)  : scalar
          %3 = input heavyBall.momentum  : scalar
          %8 = input clipNorm.maxNorm  : scalar
          %9 = lessEqual(%7, %8)  : scalar bool
          %10 = div(%8, %7)  : scalar
        for each entry of all leaves
          %0 = parameter  : leaf
          %4 = state heavyBall/velocity  : leaf
          %5 = mul(%3, %4)  : leaf
          %6 = gradient  : leaf
          %11 = mul(%6, %10)  : leaf
          %12 = where(%9, %6, %11)  : leaf
          %13 = add(%5, %12)  : leaf
          %14 = mul(%2, %13)  : leaf
          %15 = add(%0, %14)  : leaf
          heavyBall/velocity <- %13
          parameter <- %15
      after
        %16 = state heavyBall/count  : scalar
        %17 = 1  : scalar
        %18 = add(%16, 1)  : scalar"
    `);
  });

  test('is one pass for an optimizer, two with a norm before it', () => {
    expect(passes(optimizer)).toBe(1);
    expect(passes(clipNorm({ maxNorm: 1 }), optimizer)).toBe(2);
  });

  test('has no more passes for what works entry by entry', () => {
    expect(
      passes(
        stateless('double', (x) => mul(x, 2)),
        clipNorm({ maxNorm: 1 }),
        clipValue,
        optimizer,
      ),
    ).toBe(2);
  });

  test('has no more passes for a reduction that no entry waits for', () => {
    expect(passes(clipValue, zeroNans(), optimizer)).toBe(1);
    expect(passes(clipNorm({ maxNorm: 1 }), clipValue, optimizer)).toBe(2);
  });

  test('has one more pass for each norm of what a norm has changed, none for two norms of the same', () => {
    expect(passes(clipNorm({ maxNorm: 1 }), optimizer, clipNorm({ maxNorm: 1 }))).toBe(3);
    const both = stateless('both', (x) => mul(x, maximum(sumOverLeaves(x), meanOverLeaves(x))));
    expect(passes(both)).toBe(2);
  });

  test('of skipNonFinite around a clip looks for NaN while it takes the norm', () => {
    expect(passes(skipNonFinite(chain(clipNorm({ maxNorm: 1 }), optimizer)))).toBe(2);
  });

  test('writes parameters and state in the last pass only', () => {
    const { passes: all } = plan(chain(optimizer, clipNorm({ maxNorm: 1 })));
    const writes = all.map(({ sweeps }) => sweeps.flatMap((sweep) => sweep.writes.map(({ to }) => to)));
    expect(writes).toEqual([[], ['slot', 'slot', 'parameter']]);
  });

  test('commits numbers of the state once all passes are over', () => {
    const { after, program, passes: all } = plan(chain(clipNorm({ maxNorm: 1 }), heavyBall()));
    const count = program.slots.find(({ slot }) => slot === 'heavyBall/count')?.node;
    expect(after).toContain(count);
    expect(all.flatMap(({ before }) => before)).not.toContain(count);
  });

  test('of a transform without leaves has nothing to sweep', () => {
    expect(planProgram(toProgram(optimizer, [])).passes).toEqual([]);
  });

  test('reads of no entry what another entry has written: a step sees the state before it', () => {
    const backward = defineTransform({
      name: 'backward',
      options: {},
      schema: {},
      yields: 'updates',
      init: (params) => ({ previous: zerosLike(params) }),
      update: (updates, state) => ({
        updates: neg(add(updates, sumOverLeaves(state.previous))),
        state: { previous: updates },
      }),
    });
    const { passes: all, program } = plan(backward);
    expect(all).toHaveLength(2);
    expect(all[0]?.sweeps[0]?.nodes.map((node) => program.nodes[node]?.operation.op)).toEqual(['slot']);
  });
});
