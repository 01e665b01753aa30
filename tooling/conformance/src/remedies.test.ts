import * as clipNorm from '@gradkit/clip-norm';
import * as clipValue from '@gradkit/clip-value';
import * as core from '@gradkit/core';
import * as optimizers from '@gradkit/optimizers';
import * as schedules from '@gradkit/schedules';
import * as fc from 'fast-check';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { factories, makeOf, transformFactories } from './factories.ts';

const { createStepper, InvalidOptionError } = core;

/** What a remedy may be written with: everything that Gradkit exports. */
const exported = { ...core, ...clipNorm, ...clipValue, ...optimizers, ...schedules };

function evaluate(remedy: string, more: object = {}): unknown {
  return runInContext(remedy, createContext({ ...exported, ...more }));
}

const constant = schedules.constant({ value: 0.1 });

/** Values of which each option refuses some. */
const values: readonly unknown[] = [
  undefined,
  null,
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  0.5,
  1,
  -1,
  1.5,
  3,
  -3,
  0.99999999,
  1e39,
  -1e39,
  1e-46,
  -1e-46,
  5n,
  'text',
  true,
  {},
  [],
  [1],
  [3, NaN],
  [constant, 2],
  () => 0.25,
  schedules.linear({ initialValue: 1, finalValue: 0, transitionSteps: 10 }),
  schedules.warmup({ warmupSteps: 5, schedule: schedules.constant({ value: Infinity }) }),
];

/** What a refusal says to write; undefined if nothing is refused. */
function remedyOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionError);
    if (!(error instanceof InvalidOptionError)) throw error;
    // A mask is a predicate, and which leaves there are only its user knows.
    if (/'s mask: |predicate/.test(error.message)) return undefined;
    expect(error.remedy, error.message).toBeTypeOf('string');
    expect(error.message).toContain(error.remedy);
    return error.remedy;
  }
}

describe.each(Object.entries(factories))('%s', (_, factory) => {
  test('what an error says to write, for each value of each option, is accepted', () => {
    let refusals = 0;
    for (const name of factory.names) {
      for (const value of values) {
        const remedy = remedyOf(() => makeOf(factory, { ...factory.meant, [name]: value }));
        if (remedy === undefined) continue;
        refusals++;
        expect(() => evaluate(remedy), remedy).not.toThrow();
      }
    }
    expect(refusals).toBeGreaterThan(0);
  });

  test('and so it is where something else is given than an object of options', () => {
    for (const given of [null, 0.25, NaN, 'text', [1]]) {
      const remedy = remedyOf(() => Reflect.apply(makeOf, undefined, [factory, given]));
      if (typeof given === 'number' || given === null) expect(remedy).toBeTypeOf('string');
      if (remedy !== undefined) expect(() => evaluate(remedy), remedy).not.toThrow();
    }
  });

  test('and so it is where several options cannot be meant', () => {
    const options = fc.record(
      Object.fromEntries(factory.names.map((name) => [name, fc.constantFrom(...values)])),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(options, (given) => {
        const remedy = remedyOf(() => makeOf(factory, given));
        if (remedy !== undefined) expect(() => evaluate(remedy), remedy).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });
});

describe.each(Object.entries(transformFactories))('%s', (_, factory) => {
  const transform = core.requireTransform('the made', makeOf(factory, factory.meant));

  test('what an error says to assign instead is accepted, also where a schedule gave it', () => {
    for (const path of Object.keys(core.hyperparametersOf(transform))) {
      for (const value of values.filter((given) => typeof given !== 'function')) {
        const hyperparameters = core.hyperparametersOf(transform);
        const remedy = remedyOf(() => Reflect.set(hyperparameters, path, value));
        if (remedy !== undefined) expect(() => evaluate(remedy, { hyperparameters }), remedy).not.toThrow();
        const stepper = createStepper(transform, { w: Float32Array.of(1) });
        expect(Reflect.set(stepper.hyperparameters, path, () => value)).toBe(true);
        const instead = remedyOf(() => stepper.update({ w: Float32Array.of(1) }));
        if (instead === undefined) continue;
        evaluate(instead, { hyperparameters: stepper.hyperparameters });
        expect(() => stepper.update({ w: Float32Array.of(1) }), instead).not.toThrow();
      }
    }
  });
});

test('no factory is left out', () => {
  const all = Object.entries({ ...clipNorm, ...clipValue, ...optimizers, ...schedules });
  const made = all.filter(([name, value]) => typeof value === 'function' && name !== 'scheduleFromJSON');
  const known = new Set(Object.values(factories).map(({ make: factory }) => factory));
  expect(made.filter(([, value]) => !known.has(value)).map(([name]) => name)).toEqual([]);
});

describe('a transform that yields gradients where updates are wanted', () => {
  const { chain, lookahead, partition, masked } = core;
  const { scale, scaleByAdam, sgd } = optimizers;
  const step = (transform: core.AnyTransform): unknown =>
    createStepper(transform, { w: Float32Array.of(1), b: Float32Array.of(1) }).step({
      w: Float32Array.of(1),
      b: Float32Array.of(1),
    });

  test('a scale by a negative factor is no learning rate yet: scaleByLearningRate is, and an optimizer after it would climb', () => {
    const climbing = chain(scaleByAdam(), scale({ factor: -0.1 }));
    const asData: unknown = climbing;
    for (const run of [
      () => Reflect.apply(lookahead, undefined, [asData]),
      () => step(climbing),
      () =>
        core.transformFromJSON(
          { transform: 'lookahead', options: { inner: climbing.toJSON() } },
          { transforms: { scaleByAdam, scale } },
        ),
    ])
      expect(run).toThrow(/Write scaleByLearningRate\(\{ learningRate: 0.1 \}\) in its place/);
    expect(remedyOf(() => step(climbing))).toBe('scaleByLearningRate({ learningRate: 0.1 })');
  });

  test.each([
    ['a clip', clipNorm.clipByGlobalNorm({ maxNorm: 1 }), /sgd\(/],
    [
      'a clip in a chain',
      chain(clipNorm.clipByGlobalNorm({ maxNorm: 1 })),
      /^chain\(clipByGlobalNorm.*sgd\(/,
    ],
    [
      'the body of an optimizer',
      scaleByAdam({ beta1: 0.8 }),
      /^chain\(scaleByAdam\(\{ beta1: 0.8 \}\), scaleByLearningRate\(/,
    ],
    ['an empty chain', chain(), /sgd\(/],
    [
      'an optimizer for some leaves',
      masked(sgd({ learningRate: 0.1 }), { name: 'w' }),
      /^chain\(freeze\(\{ name: "b" \}\), masked\(sgd/,
    ],
    [
      'a partition with a part that has none',
      partition({ some: sgd({ learningRate: 0.1 }), none: scale({ factor: 1 }) }, [
        { label: 'some', leaves: { name: 'w' } },
        { label: 'none' },
      ]),
      /^chain\(freeze\(/,
    ],
  ])('%s is told what steps', (_, transform, wanted) => {
    const remedy = remedyOf(() => step(transform)) ?? '';
    expect(remedy).toMatch(wanted);
    const instead = core.requireTransform('the remedy', evaluate(remedy));
    expect(() => step(instead)).not.toThrow();
  });
});
