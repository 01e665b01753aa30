import { describeValue, InvalidOptionError } from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import type { NamedWeight } from './transformSession.ts';

/** Saved weights, of which the first says how many steps were taken, as that number and the rest. */
export async function takeIterations(
  weights: readonly NamedWeight[],
): Promise<{ readonly step: number; readonly rest: readonly NamedWeight[] }> {
  const given: unknown = weights;
  const [first, ...rest] = Array.isArray(given) ? weights : [];
  const tensor: unknown = first?.tensor;
  if (first?.name !== 'iter' || !(tensor instanceof tf.Tensor)) {
    throw new InvalidOptionError(
      'The first weight of a saved optimizer must be "iter". Pass what getWeights gave.',
    );
  }
  const [step] = await tensor.data();
  if (typeof step === 'number' && Number.isInteger(step) && step >= 0) return { step, rest };
  throw new InvalidOptionError(
    `The saved optimizer says that ${describeValue(step)} steps were taken, which must be a whole number of at least 0. ` +
      `Pass what getWeights gave.`,
  );
}
