import { adaptiveGradientClip, clipByGlobalNorm, clipByNorm } from '@gradkit/clip-norm';
import { clipByValue } from '@gradkit/clip-value';
import {
  add,
  chain,
  conditionally,
  defineTransform,
  div,
  freeze,
  InvalidOptionError,
  masked,
  MissingParamsError,
  stateless,
  TreeMismatchError,
} from '@gradkit/core';
import { scaleByAdam } from '@gradkit/optimizers';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { transformGradients } from './transformGradients.ts';

beforeAll(async () => void (await tf.setBackend('cpu')));

describe('transformGradients', () => {
  test('clips by value and leaves its inputs alone', () => {
    const w = tf.tensor1d([0.2, -3, NaN, -0]);
    const clipped = transformGradients(clipByValue({ limit: 0.5 }), { w });
    expect([...(clipped['w']?.dataSync() ?? [])]).toEqual([Math.fround(0.2), -0.5, NaN, -0]);
    expect([...w.dataSync()]).toEqual([Math.fround(0.2), -3, NaN, -0]);
  });

  test('is right for gradients of 1e20 and of 1e-30, in one norm over all of them', () => {
    for (const [scale, maxNorm] of [
      [1e20, 1],
      [1e-30, 1e-30],
      [1e30, 1],
    ] as const) {
      const clipped = transformGradients(clipByGlobalNorm({ maxNorm }), {
        a: tf.scalar(3 * scale),
        b: tf.tensor2d([[4 * scale]]),
      });
      expect((clipped['a']?.dataSync()[0] ?? 0) / maxNorm).toBeCloseTo(0.6, 6);
      expect((clipped['b']?.dataSync()[0] ?? 0) / maxNorm).toBeCloseTo(0.8, 6);
    }
  });

  test('keeps null as null and names of any kind', () => {
    const gradients = Object.fromEntries([
      ['__proto__', tf.scalar(3)],
      ['a/b.c', null],
    ]);
    const clipped = transformGradients(clipByNorm({ maxNorm: 1 }), gradients);
    expect(Object.keys(clipped)).toEqual(['__proto__', 'a/b.c']);
    expect(Object.entries(clipped)[0]?.[1].dataSync()[0]).toBe(1);
    expect(clipped['a/b.c']).toBe(null);
  });

  test('leaves one tensor for each gradient and no more', () => {
    const w = tf.tensor1d([3, 4]);
    const before = tf.memory().numTensors;
    const clipped = transformGradients(chain(clipByGlobalNorm({ maxNorm: 1 }), clipByValue({ limit: 0.7 })), {
      w,
    });
    expect(tf.memory().numTensors).toBe(before + 1);
    tf.dispose(clipped);
    tf.dispose(transformGradients(chain(), { w }));
    expect([...w.dataSync()]).toEqual([3, 4]);
  });

  test('refuses state, parameters and other dtypes with the remedy', () => {
    const w = tf.tensor1d([1]);
    expect(() => transformGradients(scaleByAdam(), { w })).toThrow(InvalidOptionError);
    expect(() => transformGradients(adaptiveGradientClip({ clipping: 0.01 }), { w })).toThrow(
      MissingParamsError,
    );
    expect(() => transformGradients(chain(), { w: tf.tensor1d([1], 'int32') })).toThrow(TreeMismatchError);
    const gone = tf.tensor1d([1]);
    gone.dispose();
    for (const gradient of [gone, [1, 2], undefined]) {
      const apply = (): unknown => Reflect.apply(transformGradients, undefined, [chain(), { w: gradient }]);
      expect(apply).toThrow(/The gradient of "w" is/);
    }
    expect(() => Reflect.apply(transformGradients, undefined, [chain(), null])).toThrow(InvalidOptionError);
  });

  test.each([
    [new Map([['w', tf.tensor1d([1])]]), 'Object.fromEntries'],
    [Promise.resolve({}), 'await'],
    [tf.tensor1d([1]), 'a tensor'],
    [[tf.tensor1d([1])], 'a list'],
    [{ value: tf.scalar(1), grads: {} }, 'pass its grads'],
  ])('refuses %j as gradients with the remedy', (gradients, what) => {
    const apply = (): unknown => Reflect.apply(transformGradients, undefined, [chain(), gradients]);
    expect(apply).toThrow(InvalidOptionError);
    expect(apply).toThrow(what);
  });

  test('refuses what is no transform', () => {
    for (const given of [undefined, 3, clipByValue]) {
      const apply = (): unknown => Reflect.apply(transformGradients, undefined, [given, {}]);
      expect(apply).toThrow("transformGradients's transform must be a transform");
    }
  });

  test('asks a schedule for the step that it is given, and wants to know it', () => {
    const w = tf.tensor1d([5]);
    const falling = clipByValue({ limit: (step) => 4 - step });
    expect(transformGradients(falling, { w }, { step: 3 })['w']?.dataSync()[0]).toBe(1);
    expect(() => transformGradients(chain(falling), { w })).toThrow(/depends on the step/);
    expect(() => transformGradients(falling, { w }, { step: -1 })).toThrow(/step must be/);
  });

  test.each([
    ['a stateless transform', stateless('fading', (updates, { step }) => div(updates, add(step, 1)))],
    [
      'it inside others',
      chain(
        masked(
          stateless('fading', (updates, { step }) => div(updates, add(step, 1))),
          { name: 'w' },
        ),
      ),
    ],
    [
      'one that asks the host',
      stateless('late', (updates, { decide }) => (decide((step) => step > 1) ? updates : div(updates, 3))),
    ],
    ['conditionally', conditionally(clipByValue({ limit: 1 }), { from: 2 })],
    [
      'its report',
      defineTransform({
        name: 'counting',
        options: {},
        schema: {},
        yields: 'gradients',
        init: () => ({}),
        update: (updates, state, { step }) => ({ updates, state, report: { step } }),
      }),
    ],
  ])('wants to know the step where the program reads it: %s', (_, transform) => {
    const w = tf.tensor1d([6]);
    expect(() => transformGradients(transform, { w })).toThrow(/depends on the step .* \{ step \}/);
    expect(transformGradients(transform, { w }, { step: 2 })['w']?.shape).toEqual([1]);
  });

  test('divides by the step that it is given, 3 at step 2', () => {
    const fading = stateless('fading', (updates, { step }) => div(updates, add(step, 1)));
    const w = tf.tensor1d([6]);
    expect(transformGradients(fading, { w }, { step: 2 })['w']?.dataSync()[0]).toBe(2);
    expect(transformGradients(fading, { w }, { step: 0 })['w']?.dataSync()[0]).toBe(6);
  });

  test('does not ask for a step that nothing reads, whatever a transform is called', () => {
    const w = tf.tensor1d([6]);
    const named = stateless('conditionally', (updates) => updates);
    expect(transformGradients(chain(named, clipByValue({ limit: 1 })), { w })['w']?.dataSync()[0]).toBe(1);
    const unread = stateless('unread', (updates, { step }) =>
      typeof step === 'object' ? div(updates, 2) : updates,
    );
    expect(transformGradients(unread, { w })['w']?.dataSync()[0]).toBe(3);
  });

  test('refuses to leave a gradient out, which a gradient cannot say', () => {
    const gradients = { w: tf.tensor1d([1]), v: tf.tensor1d([1]) };
    const frozen = chain(freeze({ name: 'v' }), clipByValue({ limit: 1 }));
    expect(() => transformGradients(frozen, gradients)).toThrow(/no step for "v"/);
  });
});
