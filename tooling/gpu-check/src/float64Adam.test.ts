import { adam } from '@gradkit/optimizers';
import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, createStepper } from '@gradkit/core';
import { evenTree } from '@gradkit/bench/parameterTree';
import { startOf, usualSettings, type UpdateTask } from '@gradkit/bench/updateTask';
import { expect, test } from 'vitest';
import { adamUpdate, comparedPlaces, verifyAdam } from './float64Adam.ts';

const task: UpdateTask = {
  kind: 'update',
  tree: evenTree(300, 2),
  transform: 'clip + Adam',
  settings: { ...usualSettings, epsilon: 1 / Math.sqrt(300) },
  start: 12_345,
};

/** Parameters after so many steps of core's reference. */
function after(steps: number, maxNorm = task.settings.maxNorm): Float32Array[] {
  const { parameters, gradients } = startOf(task);
  const { maxNorm: _, ...options } = task.settings;
  const named = (arrays: readonly Float32Array[]): Record<string, Float32Array> =>
    Object.fromEntries(arrays.map((values, leaf) => [`leaf${leaf}`, values]));
  const stepper = createStepper(chain(clipByGlobalNorm({ maxNorm }), adam(options)), named(parameters));
  for (let step = 0; step < steps; step++) stepper.step(named(gradients));
  return Object.values(stepper.params());
}

test('one step over a gradient of 3 with an epsilon of 1 takes 3 / (3 + 1) of the rate', () => {
  const settings = { ...usualSettings, learningRate: 0.1, epsilon: 1 };
  expect(adamUpdate(3, 1, settings)).toBeCloseTo(-0.075, 12);
  expect(adamUpdate(3, 4, settings)).toBeCloseTo(-0.3, 12);
});

test('the parameters of the reference after 200 steps are right', () => {
  expect(verifyAdam(task, 200, after(200))).toMatchObject({ isRight: true });
});

test('no step at all is found', () => {
  const { isRight, text } = verifyAdam(task, 200, startOf(task).parameters);
  expect(isRight).toBe(false);
  expect(text).toContain('which is where it began');
});

test('a step too few of 200 is found', () => {
  expect(verifyAdam(task, 200, after(199)).isRight).toBe(false);
});

test('a clip to 1.01 instead of 1 is found', () => {
  expect(verifyAdam(task, 200, after(200, 1.01)).isRight).toBe(false);
});

test('an entry that is NaN, poison that nobody wrote over, is found', () => {
  const poisoned = after(200);
  poisoned[1]?.fill(NaN, 149);
  expect(verifyAdam(task, 200, poisoned).isRight).toBe(false);
});

test('a leaf that is missing or short is found', () => {
  expect(verifyAdam(task, 200, after(200).slice(0, 1)).text).toContain('leaf 1 has no entries');
});

test('the ends of every leaf are compared', () => {
  expect(comparedPlaces(1000, 2000)).toEqual([0, 999]);
  expect(comparedPlaces(3, 1)).toEqual([0, 1, 2]);
  expect(comparedPlaces(0, 1)).toEqual([]);
});
