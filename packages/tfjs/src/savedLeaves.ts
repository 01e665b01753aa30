import { TreeMismatchError, type LeafSpec } from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import { parsed } from './optimizerConfig.ts';

/** Leaves as a tensor that is saved beside the state: their names and shapes in order, as the characters of JSON. */
export function writeLeaves(leaves: readonly LeafSpec[]): tf.Tensor {
  const text = JSON.stringify(leaves.map(({ name, shape }) => ({ name, shape })));
  return tf.tensor1d(
    Array.from({ length: text.length }, (_, index) => text.charCodeAt(index)),
    'int32',
  );
}

/** Reads what {@link writeLeaves} wrote. */
export async function readLeaves(tensor: tf.Tensor): Promise<LeafSpec[]> {
  const codes = Array.from(await tensor.data());
  const saved = parsed(codes.map((code) => String.fromCharCode(code)).join(''));
  if (Array.isArray(saved) && saved.every(isLeaf)) return saved;
  throw new TreeMismatchError(
    'The saved optimizer does not say which variables its state is of. Load what getWeights gave.',
    { leaf: '' },
  );
}

/**
 * The saved leaves that variables stand for, by the variables' names: the one of that name, or else the one that had it before
 * TensorFlow.js renamed the variable (`kernel_1` was `kernel`) and has its shape. A variable that was not saved is left out.
 *
 * @throws {TreeMismatchError} where several could be meant, or where the name is the same and the shape is not.
 */
export function matchLeaves(
  added: readonly LeafSpec[],
  waiting: readonly LeafSpec[],
): ReadonlyMap<string, LeafSpec> {
  const matches = new Map<string, LeafSpec>();
  for (const leaf of added) {
    const exact = waiting.find(({ name }) => name === leaf.name);
    if (exact === undefined) continue;
    if (!isSameShape(exact, leaf)) throw shapeError(exact, leaf);
    matches.set(leaf.name, exact);
  }
  const unmatched = added.filter(({ name }) => !matches.has(name));
  const unclaimed = waiting.filter(({ name }) => !matches.has(name));
  for (const leaf of unmatched) {
    const candidates = unclaimed.filter((saved) => isRenamed(saved, leaf));
    const [candidate] = candidates;
    if (candidate === undefined) continue;
    const rivals = unmatched.filter((other) => isRenamed(candidate, other));
    if (candidates.length > 1 || rivals.length > 1) throw ambiguityError(rivals, candidates);
    matches.set(leaf.name, candidate);
  }
  return matches;
}

function isSameShape(a: LeafSpec, b: LeafSpec): boolean {
  return a.shape.join() === b.shape.join();
}

function isRenamed(a: LeafSpec, b: LeafSpec): boolean {
  return originalName(a.name) === originalName(b.name) && isSameShape(a, b);
}

function shapeError(saved: LeafSpec, leaf: LeafSpec): TreeMismatchError {
  return new TreeMismatchError(
    `The saved state of ${JSON.stringify(saved.name)} is for shape [${saved.shape.join()}], but the variable has shape ` +
      `[${leaf.shape.join()}]. Load it with the model that it was saved with.`,
    { leaf: leaf.name },
  );
}

function ambiguityError(variables: readonly LeafSpec[], saved: readonly LeafSpec[]): TreeMismatchError {
  const list = (leaves: readonly LeafSpec[]): string =>
    leaves.map(({ name }) => JSON.stringify(name)).join(', ');
  return new TreeMismatchError(
    `The saved state of ${list(saved)} could belong to any of ${list(variables)}. ` +
      `Give layers and variables names of their own, so that they keep them when the model is loaded.`,
    { leaf: variables[0]?.name ?? '' },
  );
}

function originalName(name: string): string {
  return name.replace(/_\d+$/, '');
}

function isLeaf(value: unknown): value is LeafSpec {
  if (typeof value !== 'object' || value === null) return false;
  return 'name' in value && typeof value.name === 'string' && 'shape' in value && Array.isArray(value.shape);
}
