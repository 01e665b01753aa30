import { describe, expect, test } from 'vitest';
import { accumulate } from './accumulate.ts';
import { norm } from './algebra.ts';
import { alias, chain, identity, namedChain } from './chain.ts';
import { conditionally } from './conditionally.ts';
import { createStepper } from './createStepper.ts';
import { defineTransform } from './defineTransform.ts';
import { clipNorm, descend, heavyBall } from './exampleTransforms.ts';
import { freeze } from './freeze.ts';
import type { AnyTransform, EmptyState } from './gradientTransform.ts';
import { lookahead } from './lookahead.ts';
import { masked } from './masked.ts';
import { partition } from './partition.ts';
import { planProgram } from './plan.ts';
import { printProgram } from './printProgram.ts';
import { skipNonFinite } from './skipNonFinite.ts';
import { toProgram } from './transformRun.ts';

const of = (...values: number[]): Float32Array => Float32Array.from(values);
const down = descend({ learningRate: 1 });
const leaves = [
  { name: 'w', shape: [2, 2] },
  { name: 'b', shape: [2] },
];

describe('options that are changed after a transform was made with them', () => {
  test.each<[string, (options: Record<string, unknown>) => AnyTransform, () => Record<string, unknown>]>([
    ['lookahead', (options) => lookahead(down, options), () => ({ every: 5, slowStepSize: 0.5 })],
    ['conditionally', (options) => conditionally(down, options), () => ({ from: 1, until: 10, every: 2 })],
    ['skipNonFinite', (options) => skipNonFinite(down, options), () => ({ maxConsecutive: 5 })],
    ['accumulate', (options) => accumulate(down, { every: 2, ...options }), () => ({ every: 4 })],
    ['masked', (options) => masked(heavyBall(), options), () => ({ name: ['w'], not: { rank: 1 } })],
    ['freeze', (options) => freeze(options), () => ({ name: ['w'], not: { rank: 1 } })],
    ['a transform of defineTransform', (options) => heavyBall(options), () => ({ momentum: 0.5 })],
    [
      'partition',
      (options) =>
        partition({ a: heavyBall(), b: identity() }, [{ label: 'a', leaves: options }, { label: 'b' }]),
      () => ({ name: ['w'], not: { rank: 1 } }),
    ],
  ])('change nothing: %s', (_, make, optionsOf) => {
    const options = optionsOf();
    const transform = make(options);
    const show = (): string =>
      JSON.stringify([transform, transform.structure]) + printProgram(toProgram(transform, leaves));
    const before = show();
    scramble(options);
    expect(show()).toBe(before);
  });

  test('change nothing: members of namedChain, rules of partition, options of an alias, a shape', () => {
    const members: Record<string, AnyTransform> = { a: heavyBall(), b: down };
    const named = namedChain(members);
    const rules = [{ label: 'a', leaves: { name: 'w' } }, { label: 'b' }];
    const parted = partition({ a: identity(), b: heavyBall() }, rules);
    const options = { list: [1, 2] };
    const aliased = alias('mine', options, identity());
    const before = JSON.stringify([named, parted, aliased]);
    members['a'] = identity();
    rules.reverse();
    options.list.push(3);
    expect(JSON.stringify([named, parted, aliased])).toBe(before);

    const shape = [2, 2];
    const stepper = createStepper(down, { w: { values: new Float32Array(4), shape } });
    shape.push(9);
    expect(() => stepper.step({ w: of(1, 2, 3, 4) })).not.toThrow();
  });
});

function scramble(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    scramble(part);
    Reflect.set(value, name, 7);
  }
}

test('a step without a single gradient reports a norm of 0, and takes no step', () => {
  const transform = chain(clipNorm({ maxNorm: 1 }), skipNonFinite(chain(heavyBall(), down)));
  const stepper = createStepper(transform, { x: of(-0), y: of(1) });
  stepper.step({ x: of(3), y: of(4) });
  const [state, x] = [stepper.getState(), stepper.params()['x']?.slice()];
  stepper.step({ x: null, y: null });
  expect(stepper.report()).toMatchObject({
    step: 1,
    values: { 'clipNorm.norm': 0, 'skipNonFinite.skipped': 0 },
  });
  expect(stepper.params()['x']).toEqual(x);
  expect(stepper.getState()).toEqual({ ...state, step: Int32Array.of(2) });
});

test('a report keeps the numbers of each leaf in JSON', () => {
  const measured = defineTransform({
    name: 'measured',
    options: {},
    schema: {},
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state) => ({ updates, state, report: { norm: norm(updates) } }),
  });
  const stepper = createStepper(chain(measured, down), { a: of(0, 0), b: of(0) });
  stepper.step({ a: of(3, 4), b: of(2) });
  expect(JSON.parse(JSON.stringify(stepper.report()))).toEqual({
    step: 0,
    values: {},
    leafValues: { 'measured.norm': { a: 5, b: 2 } },
  });
  expect(stepper.report()?.leafValues).toEqual({
    'measured.norm': new Map([
      ['a', 5],
      ['b', 2],
    ]),
  });
});

test('a program has one plan, which an engine compiles once', () => {
  const program = toProgram(chain(clipNorm({ maxNorm: 1 }), down), leaves);
  expect(planProgram(program)).toBe(planProgram(program));
});
