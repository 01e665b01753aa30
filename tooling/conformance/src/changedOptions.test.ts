import * as core from '@gradkit/core';
import * as optimizers from '@gradkit/optimizers';
import * as schedules from '@gradkit/schedules';
import { describe, expect, test } from 'vitest';
import { factories, makeOf, type Factory } from './factories.ts';

/** A value that can be meant for every option of every factory, made anew at each call. */
function usefulValues(): Readonly<Record<string, unknown>> {
  return {
    every: 3,
    from: 1,
    until: 10,
    slowStepSize: 0.25,
    maxConsecutive: 5,
    clipping: 0.5,
    threshold: 2,
    maxNorm: 2,
    normType: 1,
    limit: 2,
    min: -5,
    max: 5,
    factor: 2,
    learningRate: 0.1,
    weightDecay: 0.1,
    mask: { name: ['w'], not: { rank: 1 } },
    beta1: 0.8,
    beta2: 0.9,
    epsilon: 1e-3,
    epsilonInRoot: true,
    centered: true,
    decay: 0.8,
    momentum: 0.5,
    dampening: 0.25,
    nesterov: true,
    initialAccumulatorValue: 0.5,
    value: 1,
    initialValue: 1,
    finalValue: 0.25,
    peakValue: 2,
    power: 2,
    exponent: 2,
    decayRate: 0.5,
    transitionSteps: 10,
    transitionBegin: 2,
    decaySteps: 10,
    warmupSteps: 3,
    staircase: true,
    warmupFraction: 0.25,
    cooldownFraction: 0.25,
    interpolation: 'cosine',
    boundaries: [2, 4],
    values: [1, 2, 3],
    schedule: schedules.constant({ value: 1 }),
    schedules: [1, 2, 3].map((value) => schedules.constant({ value })),
  };
}

function optionsOf({ names }: Factory): Record<string, unknown> {
  const useful = usefulValues();
  return Object.fromEntries(names.map((name) => [name, useful[name]]));
}

const w = (): Float32Array => Float32Array.of(1, -2, 3, 0.5);
const b = (): Float32Array => Float32Array.of(-1, 4);

/** All that can be seen of a transform or a schedule: its data, and what it computes. */
function show(made: unknown): string {
  if (typeof made === 'function')
    return JSON.stringify([made, Array.from({ length: 15 }, (_, step) => Reflect.apply(made, null, [step]))]);
  const transform = core.requireTransform('the made', made);
  const stepper = core.createStepper(transform, {
    w: { values: w(), shape: [2, 2] },
    b: { values: b(), shape: [2] },
  });
  const seen: unknown[] = [];
  // A bare function in it cannot be written.
  try {
    seen.push(JSON.stringify(transform));
  } catch (error) {
    seen.push(String(error));
  }
  for (let step = 0; step < 6; step++)
    seen.push(Object.entries(stepper.update({ w: w(), b: b() })).map(([name, values]) => [name, ...values]));
  return JSON.stringify([
    ...seen,
    Object.entries(stepper.getState()).map(([name, values]) => [name, ...values]),
  ]);
}

/** Changes every member of an object and every entry of a list, at all depths but inside transforms, and adds one. */
function scramble(value: unknown): void {
  if (typeof value !== 'object' || value === null || 'structure' in value) return;
  for (const [name, part] of Object.entries(value)) {
    scramble(part);
    Reflect.set(value, name, 7);
  }
  if (Array.isArray(value)) value.push(9);
}

const heavy = (): core.AnyTransform => optimizers.scaleByMomentum({ momentum: 0.5 });
const rules = (): unknown[] => [{ label: 'a', leaves: { name: ['w'], not: { rank: 1 } } }, { label: 'b' }];

/** What core makes of other things than options of its own: what it is given, made anew, and what it makes of that. */
const ofCore: Record<string, [() => object, (given: object) => unknown]> = {
  masked: [
    () => ({ name: ['w'], not: { rank: 1 } }),
    (given) => Reflect.apply(core.masked, null, [heavy(), given]),
  ],
  freeze: [() => ({ name: ['w'], not: { rank: 1 } }), (given) => Reflect.apply(core.freeze, null, [given])],
  'freeze, which may match none': [
    () => ({ allowEmpty: true }),
    (given) => Reflect.apply(core.freeze, null, [{ name: 'none' }, given]),
  ],
  'the rules of partition': [
    rules,
    (given) => Reflect.apply(core.partition, null, [{ a: heavy(), b: core.identity() }, given]),
  ],
  'the transforms of partition': [
    () => ({ a: heavy(), b: core.identity() }),
    (given) => Reflect.apply(core.partition, null, [given, rules()]),
  ],
  namedChain: [
    () => ({ a: heavy(), b: core.identity() }),
    (given) => Reflect.apply(core.namedChain, null, [given]),
  ],
  'the options of an alias': [
    () => ({ list: [1, 2], part: { deep: [3] } }),
    (given) => Reflect.apply(core.alias, null, ['mine', given, heavy()]),
  ],
};

describe('options, patterns and lists that are changed after something was made with them change nothing', () => {
  test.each(Object.entries(factories))('%s', (_, factory) => {
    const [given, same] = [optionsOf(factory), optionsOf(factory)];
    expect(Object.values(given)).not.toContain(undefined);
    const made = makeOf(factory, given);
    scramble(given);
    expect(show(made)).toBe(show(makeOf(factory, same)));
  });

  test.each(Object.entries(ofCore))('%s', (_, [givenOf, make]) => {
    const given = givenOf();
    const made = make(given);
    scramble(given);
    expect(show(made)).toBe(show(make(givenOf())));
  });
});
