import { chain, createStepper, InvalidOptionError, stateless, transformFromJSON } from '@gradkit/core';
import { describe, expect, test } from 'vitest';
import { clipByGlobalNorm } from './clipByGlobalNorm.ts';
import { updateOnce } from './updateOnce.ts';

const { fround } = Math;

/** From options as data, which may be wrong. */
function fromData(options: Record<string, unknown>): unknown {
  return transformFromJSON(JSON.parse(JSON.stringify({ transform: 'clipByGlobalNorm', options })), {
    transforms: { clipByGlobalNorm },
  });
}

describe('what it does to numbers', () => {
  test('(3, 4) at maxNorm 1 becomes (0.6, 0.8)', () => {
    const { updates, report } = updateOnce(clipByGlobalNorm({ maxNorm: 1 }), { g: [3, 4] });
    expect(updates).toEqual({ g: [fround(0.6), fround(0.8)] });
    expect(report.values).toEqual({ 'clipByGlobalNorm.norm': 5, 'clipByGlobalNorm.scale': fround(0.2) });
  });

  test('the norm is one for all leaves, scalars and empty ones among them', () => {
    const shapes = { scalar: [], empty: [0, 3] };
    const { updates, report } = updateOnce(
      clipByGlobalNorm({ maxNorm: 6.5 }),
      { vector: [3, 4], scalar: [12], empty: [] },
      { shapes },
    );
    expect(report.values['clipByGlobalNorm.norm']).toBe(13);
    expect(updates).toEqual({ vector: [1.5, 2], scalar: [6], empty: [] });
  });

  test.each([
    { normType: 1, gradient: [3, -4], norm: 7 },
    { normType: 2, gradient: [3, -4], norm: 5 },
    { normType: 3, gradient: [3, -4, 5], norm: 6 },
    { normType: 0.5, gradient: [1, -4], norm: 9 },
    { normType: Infinity, gradient: [3, -4], norm: 4 },
  ])('the norm of order $normType of $gradient is $norm', ({ normType, gradient, norm }) => {
    const { updates, report } = updateOnce(clipByGlobalNorm({ maxNorm: norm / 2, normType }), {
      g: gradient,
    });
    expect(report.values['clipByGlobalNorm.norm']).toBeCloseTo(norm, 5);
    updates['g']?.forEach((value, index) => expect(value).toBeCloseTo((gradient[index] ?? 0) / 2, 5));
  });

  test.each([1e20, 1e30, 1e-30, 1e-38])('gradients of %d are clipped right to 1e-6', (size) => {
    const { updates, report } = updateOnce(clipByGlobalNorm({ maxNorm: size }), { g: [3 * size, 4 * size] });
    expect((report.values['clipByGlobalNorm.norm'] ?? 0) / (5 * size)).toBeCloseTo(1, 6);
    expect((updates['g']?.[0] ?? 0) / (0.6 * size)).toBeCloseTo(1, 6);
    expect((updates['g']?.[1] ?? 0) / (0.8 * size)).toBeCloseTo(1, 6);
  });

  test('epsilon is added to the norm: (3, 4) at maxNorm 1 and epsilon 5 becomes (0.3, 0.4)', () => {
    const { updates } = updateOnce(clipByGlobalNorm({ maxNorm: 1, epsilon: 5 }), { g: [3, 4] });
    expect(updates['g']).toEqual([fround(3 * fround(0.1)), fround(4 * fround(0.1))]);
  });
});

test('epsilon counts for whether to clip, too: (3, 4) at maxNorm 5 and epsilon 5 is halved', () => {
  expect(updateOnce(clipByGlobalNorm({ maxNorm: 5, epsilon: 5 }), { g: [3, 4] }).updates['g']).toEqual([
    1.5, 2,
  ]);
});

describe('edges', () => {
  test.each([5, 5.000001, 1e30, Infinity])(
    'up to a maxNorm of %d the bits are untouched, -0 and denormals too',
    (maxNorm) => {
      const gradient = [3, -0, 4, 2 ** -149];
      expect(updateOnce(clipByGlobalNorm({ maxNorm }), { g: gradient }).updates['g']).toEqual(gradient);
    },
  );

  test('a clipped -0 stays -0', () => {
    expect(updateOnce(clipByGlobalNorm({ maxNorm: 1 }), { g: [3, -0, 4] }).updates['g']?.[1]).toBe(-0);
  });

  test('zeros stay zeros', () => {
    const { updates, report } = updateOnce(clipByGlobalNorm({ maxNorm: 1 }), { g: [0, 0] });
    expect(updates['g']).toEqual([0, 0]);
    expect(report.values).toEqual({ 'clipByGlobalNorm.norm': 0, 'clipByGlobalNorm.scale': 1 });
  });

  test('a NaN anywhere makes every entry of every leaf NaN', () => {
    const { updates, report } = updateOnce(clipByGlobalNorm({ maxNorm: 1 }), { a: [Number.NaN, 1], b: [2] });
    expect(updates).toEqual({ a: [Number.NaN, Number.NaN], b: [Number.NaN] });
    expect(report.values['clipByGlobalNorm.norm']).toBeNaN();
  });

  test('an infinite entry becomes NaN and the finite ones 0', () => {
    const { updates } = updateOnce(clipByGlobalNorm({ maxNorm: 1 }), { a: [-Infinity, 1], b: [2] });
    expect(updates).toEqual({ a: [Number.NaN, 0], b: [0] });
  });

  test('with a maxNorm of infinity an infinite entry passes and a NaN is still seen', () => {
    const clip = clipByGlobalNorm({ maxNorm: Infinity });
    expect(updateOnce(clip, { g: [Infinity, 1] }).updates['g']).toEqual([Infinity, 1]);
    expect(updateOnce(clip, { g: [Number.NaN, 1] }).updates['g']).toEqual([Number.NaN, Number.NaN]);
  });

  test('a tree without leaves passes', () => {
    expect(updateOnce(clipByGlobalNorm({ maxNorm: 1 }), {}).updates).toEqual({});
  });

  test('a null gradient does not count for the norm', () => {
    const stepper = createStepper(clipByGlobalNorm({ maxNorm: 1 }), {
      a: new Float32Array(2),
      b: new Float32Array(1),
    });
    expect(stepper.update({ a: Float32Array.of(3, 4), b: null })['a']).toEqual(Float32Array.of(0.6, 0.8));
    expect(stepper.report()?.values['clipByGlobalNorm.norm']).toBe(5);
  });

  test('the gradients that it is given are not written to', () => {
    const gradient = Float32Array.of(3, 4);
    createStepper(clipByGlobalNorm({ maxNorm: 1 }), { g: new Float32Array(2) }).update({ g: gradient });
    expect(gradient).toEqual(Float32Array.of(3, 4));
  });
});

describe('thresholds that change', () => {
  test('a schedule gives the threshold of each step, counted from 0', () => {
    const clip = clipByGlobalNorm({ maxNorm: (step) => 5 / 2 ** step });
    const stepper = createStepper(clip, { g: new Float32Array(2) });
    const gradient = { g: Float32Array.of(3, 4) };
    expect(stepper.update(gradient)['g']).toEqual(Float32Array.of(3, 4));
    expect(stepper.update(gradient)['g']).toEqual(Float32Array.of(1.5, 2));
    expect(stepper.update(gradient)['g']).toEqual(Float32Array.of(0.75, 1));
  });

  test('a schedule that gives what cannot be meant is an error that names the step', () => {
    const clip = clipByGlobalNorm({ maxNorm: (step) => 1 - step });
    const stepper = createStepper(clip, { g: new Float32Array(2) });
    const gradient = { g: Float32Array.of(3, 4) };
    stepper.update(gradient);
    expect(() => stepper.update(gradient)).toThrow(
      /clipByGlobalNorm\.maxNorm gave 0 at step 1.*hyperparameters/,
    );
  });

  test('a threshold assigned between steps counts from the next one, also over a schedule', () => {
    const stepper = createStepper(clipByGlobalNorm({ maxNorm: () => 5 }), { g: new Float32Array(2) });
    const gradient = { g: Float32Array.of(3, 4) };
    expect(stepper.update(gradient)['g']).toEqual(Float32Array.of(3, 4));
    stepper.hyperparameters['clipByGlobalNorm.maxNorm'] = 2.5;
    expect(stepper.update(gradient)['g']).toEqual(Float32Array.of(1.5, 2));
  });

  test('a wrong threshold is refused when it is assigned, and the order of the norm always', () => {
    const { hyperparameters } = createStepper(clipByGlobalNorm({ maxNorm: 1 }), { g: new Float32Array(2) });
    expect(() => (hyperparameters['clipByGlobalNorm.maxNorm'] = -1)).toThrow(/maxNorm is -1/);
    expect(() => (hyperparameters['clipByGlobalNorm.normType'] = 1)).toThrow(
      /normType is built into the program.*Make a new transform/,
    );
    expect(hyperparameters['clipByGlobalNorm.maxNorm']).toBe(1);
  });

  test('the second of one chain has a path of its own', () => {
    const stepper = createStepper(chain(clipByGlobalNorm({ maxNorm: 1 }), clipByGlobalNorm({ maxNorm: 2 })), {
      g: new Float32Array(2),
    });
    stepper.update({ g: Float32Array.of(3, 4) });
    expect(stepper.report()?.values['clipByGlobalNorm.norm']).toBe(5);
    expect(stepper.report()?.values['clipByGlobalNorm#2.norm']).toBe(1);
    expect(stepper.hyperparameters['clipByGlobalNorm#2.maxNorm']).toBe(2);
  });
});

describe('wrong options', () => {
  test.each([
    [{ maxNorm: 0 }, 'maxNorm is 0; it must be a number above 0 or a schedule'],
    [{ maxNorm: -1 }, 'maxNorm is -1'],
    [{ maxNorm: { number: 'NaN' } }, 'maxNorm is NaN'],
    [{ maxNorm: '1' }, 'maxNorm is "1"'],
    [{}, 'maxNorm is missing'],
    [{ maxNorm: 1, normType: 0 }, 'normType is 0; it must be a number above 0'],
    [{ maxNorm: 1, normType: -2 }, 'normType is -2'],
    [{ maxNorm: 1, normType: { number: 'NaN' } }, 'normType is NaN'],
    [{ maxNorm: 1, epsilon: -1 }, 'epsilon is -1; it must be a finite number of at least 0'],
    [{ maxNorm: 1, epsilon: { number: 'Infinity' } }, 'epsilon is Infinity'],
  ])('%j is refused: the transform, the option, its value and what to write', (options, message) => {
    expect(() => fromData(options)).toThrow(InvalidOptionError);
    expect(() => fromData(options)).toThrow(`clipByGlobalNorm: ${message}`);
    expect(() => fromData(options)).toThrow(/Write clipByGlobalNorm\(\{ maxNorm: 1(, \w+: \S+)? \}\)\.$/);
  });

  test('an unknown option is answered with the nearest known one', () => {
    expect(() => fromData({ maxnorm: 1 })).toThrow(
      /no option "maxnorm". Did you mean "maxNorm"\? Known: maxNorm, normType, epsilon/,
    );
  });

  test.each([
    ['clipnorm', 'clipByNorm({ maxNorm })'],
    ['clipvalue', 'clipByValue({ limit })'],
    ['globalClipnorm', 'clipByGlobalNorm({ maxNorm })'],
    ['global_clipnorm', 'clipByGlobalNorm({ maxNorm })'],
  ])("Keras's name %s is answered with %s", (name, remedy) => {
    expect(() => fromData({ [name]: 1 })).toThrow(`"${name}" (a Keras name). Put ${remedy}`);
  });
});

describe('as data', () => {
  test.each([
    { maxNorm: 1 },
    { maxNorm: Infinity, normType: Infinity },
    { maxNorm: 2, normType: 1, epsilon: 1e-6 },
  ])('%o comes back from JSON as it was', (options) => {
    const transform = clipByGlobalNorm(options);
    const text = JSON.stringify(transform.toJSON());
    const again = transformFromJSON(JSON.parse(text), { transforms: { clipByGlobalNorm } });
    expect(JSON.stringify(again.toJSON())).toBe(text);
    expect(updateOnce(again, { g: [3, 4] })).toEqual(updateOnce(transform, { g: [3, 4] }));
  });

  test('a bare function as a schedule cannot be written, and is named', () => {
    const clip = clipByGlobalNorm({
      maxNorm: function halving(step) {
        return 0.5 ** step;
      },
    });
    expect(() => clip.toJSON()).toThrow(/maxNorm is the function halving, a bare function/);
  });

  test('it yields gradients, so that a step with it alone is refused', () => {
    const stepper = createStepper(clipByGlobalNorm({ maxNorm: 1 }), { g: new Float32Array(1) });
    expect(() => stepper.step({ g: Float32Array.of(1) })).toThrow(/would climb the loss.*sgd/);
  });

  test('after another transform it measures what that one gave', () => {
    const nothing = stateless('nothing', (updates) => updates);
    expect(updateOnce(chain(nothing, clipByGlobalNorm({ maxNorm: 1 })), { g: [3, 4] }).updates['g']).toEqual([
      fround(0.6),
      fround(0.8),
    ]);
  });
});
