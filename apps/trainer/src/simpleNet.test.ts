import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { seededRandom } from './seededRandom.ts';
import { simpleNet } from './simpleNet.ts';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

function weightsOf(seed: number): number[][] {
  return simpleNet({ inputs: 10, outputs: 2 }, seededRandom(seed, 2))
    .getWeights()
    .map((weight) => Array.from(weight.dataSync()));
}

test('has 67 parameters: 10 x 5 and 5, 5 x 2 and 2', () => {
  expect(weightsOf(0).map((weight) => weight.length)).toEqual([50, 5, 10, 2]);
});

test('starts with the same weights for the same seed, and with others for another', () => {
  expect(weightsOf(3)).toEqual(weightsOf(3));
  expect(weightsOf(3)).not.toEqual(weightsOf(4));
});

test('starts within 1 over the root of the inputs, spread over both signs', () => {
  const limits = [Math.sqrt(1 / 10), Math.sqrt(1 / 10), Math.sqrt(1 / 5), Math.sqrt(1 / 5)];
  for (const [index, weight] of weightsOf(1).entries()) {
    expect(Math.max(...weight.map(Math.abs))).toBeLessThanOrEqual(limits[index] ?? 0);
    expect(new Set(weight).size).toBe(weight.length);
  }
});
