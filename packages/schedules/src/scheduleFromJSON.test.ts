import { InvalidOptionError } from '@gradkit/core';
import type { Schedule } from '@gradkit/core';
import { describe, expect, test } from 'vitest';
import { constant } from './constant.ts';
import { cosineDecay } from './cosineDecay.ts';
import { exponentialDecay } from './exponentialDecay.ts';
import { join } from './join.ts';
import { linear } from './linear.ts';
import { linearOneCycle } from './linearOneCycle.ts';
import { oneCycle } from './oneCycle.ts';
import { piecewiseConstant } from './piecewiseConstant.ts';
import { piecewiseInterpolate } from './piecewiseInterpolate.ts';
import { polynomial } from './polynomial.ts';
import { scheduleFromJSON } from './scheduleFromJSON.ts';
import * as schedules from './schedules.ts';
import { warmup } from './warmup.ts';
import { warmupCosineDecay } from './warmupCosineDecay.ts';

const exampleSchedules = [
  constant({ value: 0.1 }),
  linear({ initialValue: 1, finalValue: 0.1, transitionSteps: 100, transitionBegin: 10 }),
  polynomial({ initialValue: 1, finalValue: -0, power: 0.5, transitionSteps: 70 }),
  cosineDecay({ initialValue: 1, decaySteps: 90, finalValue: 0.01, exponent: 2 }),
  exponentialDecay({ initialValue: 1, decayRate: 0.9, transitionSteps: 5, staircase: true, finalValue: 0.2 }),
  piecewiseConstant({ boundaries: [3, 60], values: [Infinity, 1, 0.5] }),
  piecewiseInterpolate({ boundaries: [7, 80], values: [0, 1, 0.5], interpolation: 'cosine' }),
  warmup({
    warmupSteps: 20,
    schedule: exponentialDecay({ initialValue: 1, decayRate: 0.5, transitionSteps: 9 }),
  }),
  warmupCosineDecay({ peakValue: 0.3, warmupSteps: 10, decaySteps: 100, initialValue: 0.01 }),
  oneCycle({ peakValue: 0.5, transitionSteps: 120, warmupFraction: 0.2 }),
  linearOneCycle({ peakValue: 0.5, transitionSteps: 120, cooldownFraction: 0.3 }),
  join({
    schedules: [constant({ value: 1 }), warmup({ warmupSteps: 5, schedule: constant({ value: 2 }) })],
    boundaries: [40],
  }),
];

function triangle(step: number): number {
  return step % 2;
}

function ramp({ slope }: { slope: number }): Schedule {
  return Object.assign((step: number) => slope * step, {
    toJSON: () => ({ schedule: 'ramp', options: { slope } }),
  });
}

describe('every schedule', () => {
  test.each(exampleSchedules.map((schedule) => [JSON.stringify(schedule), schedule] as const))(
    'comes back from JSON text with the same values: %s',
    (text, schedule) => {
      const back = scheduleFromJSON(JSON.parse(text));
      expect(JSON.stringify(back)).toBe(text);
      for (let step = 0; step < 150; step++) expect(back(step)).toBe(schedule(step));
    },
  );

  test('has an example here, and is in the registry under its own name', () => {
    const names = exampleSchedules.map((schedule) => schedule.toJSON().schedule);
    expect(new Set(names)).toEqual(new Set(Object.keys(schedules)));
    for (const [name, factory] of Object.entries(schedules)) expect(factory.name).toBe(name);
  });
});

test('JSON holds the options as they were given', () => {
  expect(constant({ value: 0.1 }).toJSON()).toEqual({ schedule: 'constant', options: { value: 0.1 } });
});

test('infinities and -0 survive JSON text', () => {
  const text = JSON.stringify(piecewiseConstant({ boundaries: [1, 2], values: [Infinity, -0, 1] }));
  expect(text).toContain('[{"number":"Infinity"},{"number":"-0"},1]');
  expect([0, 1, 2].map(scheduleFromJSON(JSON.parse(text)))).toEqual([Infinity, -0, 1]);
});

test('a bare function inside another schedule is refused when JSON is asked for, by name', () => {
  const schedule = join({ schedules: [constant({ value: 1 }), triangle], boundaries: [3] });
  expect(schedule(4)).toBe(1);
  expect(() => schedule.toJSON()).toThrow(
    'join: schedules[1] is the function triangle and cannot be written as JSON',
  );
});

test('a registry adds schedules of your own, also inside others', () => {
  const json = warmup({ warmupSteps: 2, schedule: ramp({ slope: 3 }) }).toJSON();
  expect(scheduleFromJSON(json, { ...schedules, ramp })(4)).toBe(6);
  expect(() => scheduleFromJSON(json)).toThrow('There is no schedule "ramp"');
});

test('an unknown name is refused, naming the nearest; names of Object.prototype are unknown too', () => {
  expect(() => scheduleFromJSON({ schedule: 'cosinedecay', options: {} })).toThrow(
    'Did you mean "cosineDecay"?',
  );
  expect(() => scheduleFromJSON({ schedule: 'toString', options: {} })).toThrow(InvalidOptionError);
});

test('options are judged as if they were given in code', () => {
  expect(() => scheduleFromJSON({ schedule: 'constant', options: { value: 'fast' } })).toThrow('"fast"');
  expect(() => scheduleFromJSON({ schedule: 'constant', options: { value: 1, valu: 2 } })).toThrow(
    'Did you mean "value"?',
  );
  expect(() => scheduleFromJSON({ schedule: 'constant', options: { value: { number: 'NaN' } } })).toThrow(
    'NaN',
  );
});

test('what is not a schedule in JSON is refused', () => {
  expect(() => scheduleFromJSON(JSON.parse('[1]'))).toThrow('{ "schedule": name, "options": { ... } }');
  expect(() => scheduleFromJSON(JSON.parse('{"schedule":"constant"}'))).toThrow(InvalidOptionError);
});

test('a member beside the name and the options is refused, in a schedule within another too', () => {
  const inner = { schedule: 'constant', options: { value: 1 }, warmupSteps: 2 };
  expect(() => scheduleFromJSON(inner)).toThrow(/A schedule in JSON has no option "warmupSteps"/);
  const outer = { schedule: 'warmup', options: { warmupSteps: 2, schedule: inner } };
  expect(() => scheduleFromJSON(outer)).toThrow(/A schedule in JSON has no option "warmupSteps"/);
});
