import type { Binding } from '@gradkit/tfjs';
import { chainToJSON, withoutClips } from './chainDescription.ts';
import { createTrainingPair, type NamedArrays } from './trainingPair.ts';
import { tasks, type TaskName } from './task.ts';

const steps = 5;

/** The largest difference from the CPU, relative to the largest weight, that still counts as agreement. */
export const tolerance = 1e-4;

/** What five training steps of each net lead to. */
export type SelfTestWeights = Readonly<Record<TaskName, NamedArrays>>;

/** Trains five clipped steps of each net on the active backend. */
export async function trainSelfTest(binding: Binding | undefined): Promise<SelfTestWeights> {
  const entries: [TaskName, NamedArrays][] = [];
  for (const name of ['recurrent', 'simple'] as const) {
    const { threshold, learningRate } = tasks[name].defaults;
    const transform = chainToJSON({
      clips: [
        { name: 'clipByGlobalNorm', threshold },
        { name: 'clipByValue', threshold: threshold / 4 },
      ],
      optimizer: 'sgd',
      learningRate,
    });
    const pair = createTrainingPair(
      { task: name, seed: 1, transforms: { raw: withoutClips(transform), chain: transform } },
      { binding },
    );
    for (let step = 0; step < steps; step++) await pair.step();
    entries.push([name, await pair.weights('chain')]);
    pair.dispose();
  }
  const weights = Object.fromEntries(entries);
  return { recurrent: weights['recurrent'] ?? {}, simple: weights['simple'] ?? {} };
}

/** The largest difference between two results, relative to the largest weight; NaN if a weight is missing or is not finite. */
export function largestDifference(found: SelfTestWeights, expected: SelfTestWeights): number {
  let difference = 0;
  for (const task of ['recurrent', 'simple'] as const) {
    let largest = 0;
    let off = 0;
    for (const [name, values] of Object.entries(expected[task])) {
      values.forEach((value, index) => {
        largest = Math.max(largest, Math.abs(value));
        off = Math.max(off, Math.abs((found[task][name]?.[index] ?? NaN) - value));
      });
    }
    difference = Math.max(difference, off / largest);
  }
  return difference;
}
