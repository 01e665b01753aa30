import { referenceEngine } from '@gradkit/core';
import { isPartThere } from '@gradkit/machine/part';
import { afterAll, describe, expect, test } from 'vitest';
import type { Contestant } from './contestant.ts';
import { gradkitUpdates, memoryLimits, peerUpdates, trainingContestants } from './contestants.ts';
import { gradkitStepper } from './gradkitStepper.ts';
import { nodeUpdates } from './nodeContestants.ts';
import { evenTree, simpleNetTree } from './parameterTree.ts';
import { clipAdamTask, usualSettings } from './updateTask.ts';
import { trainingWithGradkit } from './trainingOnTfjs.ts';

const steps = 4;

// A step is about the learning rate: 0.1. TensorFlow.js's powers of beta, in float32, are worth some 1e-6 of it.
const tolerance = 1e-5;

// Adam forgets the size of gradients, and with it the clip, unless its epsilon is of that size.
const settings = { ...usualSettings, learningRate: 0.1, epsilon: 0.1 };

function largestDifference(left: readonly number[][], right: readonly number[][]): number {
  expect(left.map((leaf) => leaf.length)).toEqual(right.map((leaf) => leaf.length));
  const differences = left.flatMap((leaf, index) =>
    leaf.map((value, entry) => Math.abs(value - (right[index]?.[entry] ?? NaN))),
  );
  return Math.max(...differences);
}

async function parametersAfter<Task>(contestant: Contestant<Task>, task: Task): Promise<number[][]> {
  const session = await contestant.open(task);
  await session.activate?.();
  const milliseconds = await session.run(steps);
  expect(milliseconds).toBeGreaterThan(0);
  const parameters = await session.parameters();
  await session.dispose();
  return parameters.map((leaf) => Array.from(leaf));
}

/** Every contestant must come to the same parameters, or the benchmark compares different work. */
function agreeing<Task>(
  contestants: readonly Contestant<Task>[],
  tasks: Readonly<Record<string, Task>>,
  reference: Contestant<Task>,
): void {
  describe.each(Object.entries(tasks))('%s', (_, task) => {
    test.for(contestants)('$label agrees with the reference interpreter', async (contestant, { skip }) => {
      const missing = await contestant.missing?.();
      const name = missing?.startsWith('tfjs-node') === true ? 'node' : 'torch';
      skip(!isPartThere(name, missing), missing);
      const expected = await parametersAfter(reference, task);
      const actual = await parametersAfter(contestant, task);
      expect(largestDifference(expected, actual)).toBeLessThan(tolerance);
    });
  });
}

const reference = gradkitStepper({
  name: 'reference',
  label: 'reference',
  engine: async () => referenceEngine(),
  gradients: 'handedIn',
});
const inPlace = gradkitStepper({
  name: 'in-place',
  label: 'reference, gradients in place',
  engine: async () => referenceEngine(),
  gradients: 'inPlace',
});

agreeing(
  [...gradkitUpdates, ...peerUpdates, ...nodeUpdates, inPlace],
  {
    SimpleNet: clipAdamTask(simpleNetTree, settings),
    'one leaf': clipAdamTask(evenTree(1000, 1), settings),
    'a norm below the threshold': clipAdamTask(evenTree(20, 3), { ...settings, maxNorm: 100 }),
  },
  reference,
);

test('the comparison sees a clip that is left out', async () => {
  const clipped = await parametersAfter(reference, clipAdamTask(simpleNetTree, settings));
  const unclipped = clipAdamTask(simpleNetTree, { ...settings, maxNorm: 1e6 });
  const difference = largestDifference(clipped, await parametersAfter(reference, unclipped));
  expect(difference).toBeGreaterThan(100 * tolerance);
});

describe('training', () => {
  const task = { kind: 'training', settings: { ...settings, maxNorm: 0.1 } } as const;
  const opByOp = trainingWithGradkit({ name: 'op-by-op', label: 'op by op', backend: 'cpu' });
  agreeing(trainingContestants, { SimpleNet: task }, opByOp);

  test('the comparison sees another decay, since these gradients change from step to step', async () => {
    const other = { ...task, settings: { ...task.settings, beta1: 0.5 } };
    const [here, there] = [await parametersAfter(opByOp, task), await parametersAfter(opByOp, other)];
    expect(largestDifference(here, there)).toBeGreaterThan(100 * tolerance);
  });
});

test.each(memoryLimits)('$label copies', async ({ open }) => {
  const session = await open(clipAdamTask(simpleNetTree));
  expect(await session.run(2)).toBeGreaterThan(0);
});

afterAll(async () => {
  for (const { close } of [...peerUpdates, ...trainingContestants]) await close?.();
});
