import { expect, test } from 'vitest';
import { seededRandom } from './seededRandom.ts';
import { splitRows } from './splitRows.ts';
import { standardise } from './standardise.ts';
import { stepsPerEpoch, train } from './train.ts';
import type { EpochLoss, TrainingOptions, TrainingRun } from './train.ts';
import { readWageSurvey } from './wages.ts';
import type { Clipping } from './clipping.ts';

const wages = standardise(
  splitRows(readWageSurvey(), { validationFraction: 0.2, random: seededRandom(0, 0) }),
);
const usual: TrainingOptions = { threshold: 1, learningRate: 0.01, batchSize: 32, epochs: 2, seed: 0 };
const quiet = { step: () => undefined, epoch: () => undefined };

function trainOnWages(clipping: Clipping, changes: Partial<TrainingOptions> = {}): Promise<TrainingRun> {
  const { signal } = new AbortController();
  return train(wages, clipping, { ...usual, ...changes }, { observer: quiet, signal });
}

test('427 rows in batches of 32 are 14 steps an epoch', () => {
  expect(stepsPerEpoch(wages.training, 32)).toBe(14);
});

test('the same seed gives the same losses to the last bit, another seed others', async () => {
  const [first, again, other] = [
    await trainOnWages('norm'),
    await trainOnWages('norm'),
    await trainOnWages('norm', { seed: 1 }),
  ];
  expect(again).toEqual(first);
  expect(other.epochs).not.toEqual(first.epochs);
});

test('the loss falls, and the report counts every step', async () => {
  const run = await trainOnWages('none', { epochs: 10 });
  expect(run.trainingLoss).toBeLessThan(15);
  expect(run.epochs[0]?.loss).toBeGreaterThan(40);
  expect(run.gradients).toMatchObject({ steps: 140, clippedShare: 0 });
  expect(run.gradients.largestNorm).toBeGreaterThan(1);
});

test('a threshold above every norm and every entry changes no bit', async () => {
  const none = await trainOnWages('none');
  const runs = [
    await trainOnWages('norm', { threshold: 1e6 }),
    await trainOnWages('value', { threshold: 1e6 }),
  ];
  for (const run of runs) {
    expect({ ...run, clipping: 'none', transform: none.transform }).toEqual(none);
  }
});

test('a small threshold clips every step, and slows the first epoch down', async () => {
  const none = await trainOnWages('none');
  const runs = [
    await trainOnWages('norm', { threshold: 1e-3 }),
    await trainOnWages('value', { threshold: 1e-3 }),
  ];
  for (const run of runs) {
    expect(run.gradients.clippedShare).toBe(1);
    expect(run.trainingLoss).toBeGreaterThan(none.trainingLoss);
  }
});

test('a run that diverges stops in that epoch and says so', async () => {
  const run = await trainOnWages('none', { learningRate: 1e6, epochs: 50 });
  expect(run.divergedInEpoch).toBe(run.epochs.length);
  expect(run.epochs.length).toBeLessThan(50);
  expect(run.trainingLoss).toBeNaN();
});

test('tells its observer each step and each epoch', async () => {
  const steps: number[] = [];
  const epochs: EpochLoss[] = [];
  const observer = {
    step: ({ step }: { step: number }) => void steps.push(step),
    epoch: (loss: EpochLoss) => void epochs.push(loss),
  };
  const run = await train(
    wages,
    'none',
    { ...usual, batchSize: 200 },
    { observer, signal: new AbortController().signal },
  );
  expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
  expect(epochs).toEqual(run.epochs);
});

test('stops between two steps when it is aborted', async () => {
  const interruption = new AbortController();
  const observer = { step: () => interruption.abort(new Error('enough')), epoch: () => undefined };
  await expect(train(wages, 'none', usual, { observer, signal: interruption.signal })).rejects.toThrow(
    'enough',
  );
});

test('leaves no tensor behind, finished or not', async () => {
  const tf = await import('@tensorflow/tfjs');
  await trainOnWages('norm');
  const before = tf.memory().numTensors;
  await trainOnWages('norm');
  expect(tf.memory().numTensors).toBe(before);
});
