import { createStepper, InvalidOptionError, transformFromJSON } from '@gradkit/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clipByValue } from './clipByValue.ts';
import { updateOnce } from './updateOnce.ts';

const registry = { transforms: { clipByValue } };
const entry = fc.float({ noNaN: true });
const leaf = fc.array(entry, { maxLength: 8 });

describe('what it does to numbers', () => {
  test('(0.25, -3, 1) at limit 0.5 becomes (0.25, -0.5, 0.5), and two of three were moved', () => {
    const { updates, report } = updateOnce(clipByValue({ limit: 0.5 }), { g: [0.25, -3, 1] });
    expect(updates['g']).toEqual([0.25, -0.5, 0.5]);
    expect(report.values).toEqual({ 'clipByValue.clippedFraction': Math.fround(2 / 3) });
  });

  test('a range need not be even about 0', () => {
    const { updates } = updateOnce(clipByValue({ min: -1, max: 3 }), { g: [-5, 2, 5] });
    expect(updates['g']).toEqual([-1, 2, 3]);
  });

  test('a range of one number makes every entry that number', () => {
    expect(updateOnce(clipByValue({ min: 2, max: 2 }), { g: [-5, 2, 5] }).updates['g']).toEqual([2, 2, 2]);
  });

  test('the share of moved entries is over all leaves', () => {
    const { report } = updateOnce(clipByValue({ limit: 1 }), { a: [2, 0, 0], b: [0] });
    expect(report.values['clipByValue.clippedFraction']).toBe(0.25);
  });
});

describe('edges', () => {
  test('NaN stays NaN, -0 stays -0, denormals keep their bits, infinities become the bounds', () => {
    const gradient = [Number.NaN, -0, 2 ** -149, Infinity, -Infinity];
    const { updates, report } = updateOnce(clipByValue({ limit: 2 }), { g: gradient });
    expect(updates['g']).toEqual([Number.NaN, -0, 2 ** -149, 2, -2]);
    expect(report.values['clipByValue.clippedFraction']).toBeCloseTo(0.4, 6);
  });

  test('-0 stays -0 at a bound of 0 too', () => {
    expect(updateOnce(clipByValue({ min: 0, max: 1 }), { g: [-0, 0, -1] }).updates['g']).toEqual([-0, 0, 0]);
  });

  test('an entry at exactly the bound is not moved', () => {
    const { updates, report } = updateOnce(clipByValue({ limit: 0.5 }), { g: [0.5, -0.5] });
    expect(updates['g']).toEqual([0.5, -0.5]);
    expect(report.values['clipByValue.clippedFraction']).toBe(0);
  });

  test('an option that is undefined is one that is not given', () => {
    const range: object = { min: -1, max: 1, limit: undefined };
    expect(clipByValue({ limit: 1, ...range }).hyperparameters).toEqual({ min: -1, max: 1 });
    const limit: object = { min: undefined, max: undefined };
    expect(clipByValue({ limit: 2, ...limit }).hyperparameters).toEqual({ limit: 2 });
  });

  test('a bound of infinity lets everything through on its side', () => {
    const { updates } = updateOnce(clipByValue({ min: -1, max: Infinity }), { g: [-3, Infinity] });
    expect(updates['g']).toEqual([-1, Infinity]);
  });

  test('scalar and empty leaves are leaves', () => {
    const { updates } = updateOnce(
      clipByValue({ limit: 1 }),
      { a: [7], b: [] },
      { shapes: { a: [], b: [0, 2] } },
    );
    expect(updates).toEqual({ a: [1], b: [] });
  });

  test('a null gradient is no entry, and the gradients that it is given are not written to', () => {
    const stepper = createStepper(clipByValue({ limit: 1 }), {
      a: new Float32Array(1),
      b: new Float32Array(3),
    });
    const gradient = Float32Array.of(4);
    expect(stepper.update({ a: gradient, b: null })['a']).toEqual(Float32Array.of(1));
    expect(stepper.report()?.values['clipByValue.clippedFraction']).toBe(1);
    expect(gradient).toEqual(Float32Array.of(4));
  });
});

describe('bounds that change', () => {
  test('a schedule gives the limit of each step, and a number may be assigned over it', () => {
    const stepper = createStepper(clipByValue({ limit: (step) => 4 / 2 ** step }), {
      g: new Float32Array(1),
    });
    const gradient = { g: Float32Array.of(9) };
    expect(stepper.update(gradient)['g']).toEqual(Float32Array.of(4));
    expect(stepper.update(gradient)['g']).toEqual(Float32Array.of(2));
    stepper.hyperparameters['clipByValue.limit'] = 8;
    expect(stepper.update(gradient)['g']).toEqual(Float32Array.of(8));
  });

  test('the form is built in: what was made with limit has no min', () => {
    const { hyperparameters } = createStepper(clipByValue({ limit: 1 }), { g: new Float32Array(1) });
    expect(() => (hyperparameters['clipByValue.min'] = 0)).toThrow(
      /no hyperparameter "clipByValue.min".*clipByValue.limit/,
    );
  });
});

describe('wrong options', () => {
  test.each([
    [{ limit: 0 }, /clipByValue: limit is 0; it must be a number above 0 or a schedule.*Write clipByValue\(/],
    [{ limit: -0.5 }, /limit is -0.5/],
    [{ limit: { number: 'NaN' } }, /limit is NaN/],
    [{ limit: '1' }, /limit is "1"/],
    [{}, /limit is missing/],
    [{ min: -1 }, /clipByValue: max is missing/],
    [{ max: 1 }, /clipByValue: min is missing/],
    [{ min: 1, max: { number: 'NaN' } }, /max is NaN/],
    [{ min: 1, max: -1 }, /min \(1\) is above max \(-1\). Swap them/],
    [{ min: -1, max: 1, limit: 1 }, /was given both. Leave one of them out/],
    [{ limits: 1 }, /no option "limits". Did you mean "limit"\?/],
    [{ clipvalue: 1 }, /no option "clipvalue" \(a Keras name\). Put clipByValue\(\{ limit \}\)/],
  ])('%j is refused', (options, message) => {
    const make = (): unknown => transformFromJSON({ transform: 'clipByValue', options }, registry);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(message);
  });
});

test.each([{ limit: 0.5 }, { min: -Infinity, max: 2 }])('%o comes back from JSON as it was', (options) => {
  const json = clipByValue(options).toJSON();
  const again = transformFromJSON(JSON.parse(JSON.stringify(json)), registry);
  expect(again.toJSON()).toEqual(json);
  expect(updateOnce(again, { g: [-3, 3] })).toEqual(updateOnce(clipByValue(options), { g: [-3, 3] }));
});

describe('laws', () => {
  const limit = fc.double({ min: 1e-3, max: 1e3, noNaN: true }).map(Math.fround);

  test('every entry is the one of (-limit, it, limit) that lies between', () => {
    fc.assert(
      fc.property(leaf, limit, (g, bound) => {
        const wanted = g.map((value) => (value > bound ? bound : value < -bound ? -bound : value));
        expect(updateOnce(clipByValue({ limit: bound }), { g }).updates['g']).toEqual(wanted);
      }),
    );
  });

  test('clipping twice is clipping once, to the bit', () => {
    fc.assert(
      fc.property(leaf, limit, (g, bound) => {
        const once = updateOnce(clipByValue({ limit: bound }), { g }).updates;
        expect(updateOnce(clipByValue({ limit: bound }), once).updates).toEqual(once);
      }),
    );
  });

  test('entries are by themselves: splitting and reordering leaves changes nothing', () => {
    fc.assert(
      fc.property(leaf, leaf, limit, (a, b, bound) => {
        const clip = clipByValue({ limit: bound });
        const { updates } = updateOnce(clip, { a, b });
        expect(updateOnce(clip, { g: [...b, ...a] }).updates['g']).toEqual(
          [updates['b'], updates['a']].flat(),
        );
      }),
    );
  });

  test('gradients and limit k times as large give a result k times as large, to the bit for powers of two', () => {
    const normal = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(normal, fc.integer({ min: 0, max: 20 }), limit, (g, power, bound) => {
        const k = 2 ** power;
        const plain = updateOnce(clipByValue({ limit: bound }), { g }).updates['g'] ?? [];
        const scaled = updateOnce(clipByValue({ limit: k * bound }), { g: g.map((value) => k * value) })
          .updates['g'];
        expect(scaled).toEqual(plain.map((value) => k * value));
      }),
    );
  });
});
