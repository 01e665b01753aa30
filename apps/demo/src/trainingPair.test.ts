import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { chainToJSON, withoutClips, type Clip } from './chainDescription.ts';
import { largestDifference, trainSelfTest } from './selfTest.ts';
import { tasks, type TaskName } from './task.ts';
import { createTrainingPair, type TrainingPair } from './trainingPair.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function pairOf(
  task: TaskName,
  { seed = 1, clips }: { seed?: number; clips?: readonly Clip[] } = {},
): TrainingPair {
  const { learningRate, threshold } = tasks[task].defaults;
  const chain = chainToJSON({
    clips: clips ?? [{ name: 'clipByGlobalNorm', threshold }],
    optimizer: 'sgd',
    learningRate,
  });
  return createTrainingPair({ task, seed, transforms: { raw: withoutClips(chain), chain } });
}

test.each([1, 2, 3, 4, 5])(
  'with seed %i the raw run diverges within 60 steps and the clipped one learns',
  async (seed) => {
    const pair = pairOf('recurrent', { seed });
    const losses: number[] = [];
    for (let step = 0; step < 120; step++) losses.push((await pair.step()).chain?.loss ?? NaN);
    expect(pair.diverged('raw')).toBe(true);
    expect(pair.diverged('chain')).toBe(false);
    const mean = (from: number, to: number): number =>
      losses.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
    expect(mean(100, 120)).toBeLessThan(mean(0, 20) / 3);
    pair.dispose();
  },
);

test('without a clip both runs are the same, bit for bit', async () => {
  const pair = pairOf('simple', { clips: [] });
  for (let step = 0; step < 5; step++) {
    const { raw, chain } = await pair.step();
    expect(chain).toEqual(raw);
  }
  expect(await pair.weights('chain')).toEqual(await pair.weights('raw'));
  pair.dispose();
});

test('the first step has the same loss and norm in both runs, the second has not', async () => {
  const pair = pairOf('recurrent');
  const first = await pair.step();
  expect(first.chain).toEqual(first.raw);
  const second = await pair.step();
  expect(second.chain?.loss).not.toBe(second.raw?.loss);
  pair.dispose();
});

test('a threshold that is assigned holds for the next step', async () => {
  const pair = pairOf('recurrent');
  await pair.step();
  pair.assign('clipByGlobalNorm.maxNorm', 0.01);
  const before = await pair.weights('chain');
  await pair.step();
  const after = await pair.weights('chain');
  // SGD at a rate of 0.03 moves the weights by 0.03 times the clipped norm.
  const moves = Object.entries(after).flatMap(([name, values]) =>
    Array.from(values, (value, index) => value - (before[name]?.[index] ?? NaN)),
  );
  expect(Math.hypot(...moves)).toBeCloseTo(0.0003, 5);
  pair.dispose();
});

test('a transform that is refused leaves nothing behind', () => {
  const before = tf.memory().numTensors;
  const sgd = { transform: 'sgd', options: { learningRate: 0.1 } };
  const clip = { transform: 'clipByValue', options: { limit: 1 } };
  expect(() =>
    createTrainingPair({ task: 'simple', seed: 1, transforms: { raw: sgd, chain: clip } }),
  ).toThrow(/would climb the loss/);
  expect(tf.memory().numTensors).toBe(before);
});

test('the gradient that is shown has the norm that is reported', async () => {
  const pair = pairOf('simple');
  const { chain } = await pair.step();
  const entries = Object.values(await pair.gradient()).flatMap((values) => [...values]);
  expect(Math.hypot(...entries)).toBeCloseTo(chain?.norm ?? NaN, 4);
  pair.dispose();
});

test('a thousand steps leave the number of tensors flat, and none is left at the end', async () => {
  const before = tf.memory().numTensors;
  const pair = pairOf('simple');
  await pair.step();
  const early = tf.memory().numTensors;
  for (let step = 0; step < 1000; step++) await pair.step();
  expect(tf.memory().numTensors).toBe(early);
  pair.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('the self-test finds a wrong gradient and a missing one', async () => {
  const right = await trainSelfTest(undefined);
  expect(largestDifference(right, right)).toBe(0);
  const wrong = { ...right, simple: { ...right.simple, bias2: Float32Array.of(0, 0) } };
  expect(largestDifference(wrong, right)).toBeGreaterThan(1e-3);
  expect(largestDifference({ ...right, simple: {} }, right)).toBeNaN();
  const broken = { ...right, recurrent: { ...right.recurrent, bias: new Float32Array(12).fill(NaN) } };
  expect(largestDifference(broken, right)).toBeNaN();
});
