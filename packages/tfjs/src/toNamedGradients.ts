import { describeValue, InvalidOptionError } from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import type { NamedGradient } from './transformSession.ts';

/** What `applyGradients` takes: a map, or a list in which a tensor may be missing. */
export type Gradients = Readonly<Record<string, tf.Tensor | null>> | readonly NamedGradient[];

/** The two forms in which TensorFlow.js hands over gradients, as one. */
export function toNamedGradients(gradients: Gradients): readonly NamedGradient[] {
  if (!isGradientList(gradients)) {
    requireGradients('applyGradients', gradients);
    return Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
  }
  if (gradients.every(isNamed)) return gradients;
  throw new InvalidOptionError(
    'applyGradients takes gradients by variable name, or a list of { name, tensor }, but was given a list with something else in it. ' +
      'Pass what tf.variableGrads gives as grads.',
  );
}

/** Judges gradients by name. What only looks like them would be no gradients at all, and the step would do nothing. */
export function requireGradients(owner: string, gradients: unknown): void {
  const complaint = complaintAbout(gradients);
  if (complaint === undefined) return;
  throw new InvalidOptionError(`${owner} takes gradients by variable name, but was given ${complaint}.`);
}

function complaintAbout(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null)
    return `${describeValue(given)}. Pass what tf.variableGrads gives as grads`;
  if (Array.isArray(given)) return 'a list. Pass an object: { [variable.name]: tensor }';
  if (given instanceof tf.Tensor) return 'a tensor. Pass an object: { [variable.name]: tensor }';
  if (given instanceof Map) return 'a Map. Pass Object.fromEntries(map)';
  if (given instanceof Promise) return 'a promise. Put await before it';
  if ('value' in given && 'grads' in given && !(given.grads instanceof tf.Tensor))
    return 'all that tf.variableGrads gives. Of { value, grads } pass its grads';
  return undefined;
}

function isNamed(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

function isGradientList(gradients: Gradients): gradients is readonly NamedGradient[] {
  return Array.isArray(gradients);
}
