import {
  createTransformRun,
  InvalidOptionError,
  TreeMismatchError,
  type AnyTransform,
  type GradientTransform,
  type LeafSpec,
  type StateTree,
  type TransformRun,
} from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import { runProgram } from './runProgram.ts';

const runs = new WeakMap<AnyTransform, Map<string, TransformRun>>();

/**
 * Transforms gradients by name, as `tf.variableGrads` gives them; the inputs are left alone and the results are new tensors, yours to
 * dispose.
 *
 * For a loop of one's own between the gradients and the optimizer. Null stays null.
 * @throws {InvalidOptionError} for a transform with state, which has nowhere to be kept here: use `wrapOptimizer` or `toOptimizer`.
 * @throws {MissingParamsError} for a transform that reads the parameters.
 * @throws {TreeMismatchError} if a gradient is not float32, naming it.
 * @example
 * const { value, grads } = tf.variableGrads(loss);
 * const clipped = transformGradients(clipByValue({ limit: 0.5 }), grads);
 */
export function transformGradients<State extends StateTree>(
  transform: GradientTransform<State>,
  gradients: Readonly<Record<string, tf.Tensor | null>>,
): Record<string, tf.Tensor>;
export function transformGradients(
  transform: AnyTransform,
  gradients: Readonly<Record<string, tf.Tensor | null>>,
): Record<string, tf.Tensor | null> {
  const entries = Object.entries(gradients);
  const leaves = entries.map(([name, tensor]): LeafSpec => {
    if (tensor !== null && tensor.dtype !== 'float32') {
      throw new TreeMismatchError(
        `The gradient of ${JSON.stringify(name)} is ${tensor.dtype}, but everything is float32. Cast it: tensor.toFloat().`,
        { leaf: name },
      );
    }
    return { name, shape: tensor?.shape ?? [] };
  });
  const run = runOf(transform, leaves);
  const [slot] = run.slots;
  if (slot !== undefined) {
    throw new InvalidOptionError(
      `${transform.name} keeps state (${slot.name}) from step to step, and transformGradients has nowhere to keep it. ` +
        `Use wrapOptimizer(optimizer, transform) or toOptimizer(transform).`,
    );
  }
  const byLeaf = new Map<number, tf.Tensor>();
  entries.forEach(([, tensor], index) => {
    if (tensor !== null) byLeaf.set(index, tensor);
  });
  const { program, scalars } = run.prepare({
    step: 0,
    active: leaves.map((_, index) => byLeaf.has(index)),
    output: 'updates',
  });
  const transformed = new Map<number, tf.Tensor>();
  tf.tidy(() => {
    const results = runProgram(program, {
      parameters: new Map(),
      gradients: byLeaf,
      slots: new Map(),
      scalars,
    });
    for (const [leaf, value] of results.updates) transformed.set(leaf, tf.keep(tf.clone(value)));
  });
  const named: Record<string, tf.Tensor | null> = Object.create(null);
  leaves.forEach(({ name }, index) => (named[name] = transformed.get(index) ?? null));
  return named;
}

function runOf(transform: AnyTransform, leaves: readonly LeafSpec[]): TransformRun {
  const known = runs.get(transform) ?? new Map<string, TransformRun>();
  runs.set(transform, known);
  const key = JSON.stringify(leaves);
  const run = known.get(key) ?? createTransformRun(transform, leaves, { hasParams: false });
  known.set(key, run);
  return run;
}
