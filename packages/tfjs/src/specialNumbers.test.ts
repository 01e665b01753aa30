import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFinite, isInf, isNaN } from './specialNumbers.ts';

const numbers = [0, -0, 1, -3.4028234663852886e38, 3.4028234663852886e38, 1e-45, NaN, Infinity, -Infinity];

function flags(kind: (tensor: tf.Tensor) => tf.Tensor): boolean[] {
  return tf.tidy(() => Array.from(kind(tf.tensor1d(numbers)).dataSync(), Boolean));
}

function suite(): void {
  test('NaN is told from all other numbers', () => expect(flags(isNaN)).toEqual(numbers.map(Number.isNaN)));

  test('both infinities are told from the largest numbers', () =>
    expect(flags(isInf)).toEqual(numbers.map((value) => Math.abs(value) === Infinity)));

  test('what is neither is finite', () => expect(flags(isFinite)).toEqual(numbers.map(Number.isFinite)));
}

beforeAll(async () => void (await tf.setBackend('cpu')));

describe('on a backend that has the kernels', () => {
  suite();
});

describe('on a backend without the kernels, as the wasm backend is before 4.6', () => {
  const names = ['IsNan', 'IsInf', 'IsFinite'];
  const kernels = names.map((name) => tf.getKernel(name, 'cpu'));

  beforeAll(() => names.forEach((name) => tf.unregisterKernel(name, 'cpu')));
  afterAll(() => kernels.forEach((kernel) => tf.registerKernel(kernel)));

  test('TensorFlow.js has no answer', () =>
    expect(() => tf.isFinite(tf.tensor1d(numbers))).toThrow(/IsFinite/));

  suite();
});
