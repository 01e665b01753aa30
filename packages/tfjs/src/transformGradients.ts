import {
  checkOptionNames,
  createTransformRun,
  describeValue,
  InvalidOptionError,
  requireLeaves,
  requireTransform,
  type AnyTransform,
  type GradientTransform,
  type LeafSpec,
  type StateTree,
  type TransformRun,
} from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import { runProgram } from './runProgram.ts';
import { requireGradients } from './toNamedGradients.ts';
import { requireTensor } from './transformSession.ts';

const runs = new WeakMap<AnyTransform, Map<string, TransformRun>>();

/** The options of {@link transformGradients}. */
export interface TransformGradientsOptions {
  /** The step that schedules are asked for, 0 at the first one. Needed only by a transform that depends on the step. */
  readonly step?: number;
}

/**
 * Transforms gradients by name, as `tf.variableGrads` gives them; the inputs are left alone and the results are new tensors, yours to
 * dispose.
 *
 * For a loop of one's own between the gradients and the optimizer. Null stays null.
 * @throws {InvalidOptionError} for a transform with state, which has nowhere to be kept here, and for one that leaves gradients out
 *   (`freeze`): use `wrapOptimizer` or `toOptimizer`. For one that depends on the step, if `step` is not given.
 * @throws {MissingParamsError} for a transform that reads the parameters.
 * @throws {TreeMismatchError} if a gradient is not float32, naming it.
 * @example
 * const { value, grads } = tf.variableGrads(loss);
 * const clipped = transformGradients(clipByValue({ limit: 0.5 }), grads);
 */
export function transformGradients<State extends StateTree>(
  transform: GradientTransform<State>,
  gradients: Readonly<Record<string, tf.Tensor | null>>,
  options?: TransformGradientsOptions,
): Record<string, tf.Tensor>;
export function transformGradients(
  transform: AnyTransform,
  gradients: Readonly<Record<string, tf.Tensor | null>>,
  options: TransformGradientsOptions = {},
): Record<string, tf.Tensor | null> {
  requireTransform("transformGradients's transform", transform);
  const given = readStep(options);
  requireGradients('transformGradients', gradients);
  const entries = Object.entries(gradients);
  const leaves = entries.map(([name, tensor]): LeafSpec => {
    if (tensor !== null) requireTensor(name, tensor);
    return { name, shape: tensor?.shape ?? [] };
  });
  // What has no gradient has no shape here.
  if (entries.every(([, tensor]) => tensor !== null)) requireLeaves(transform, leaves);
  const run = runOf(transform, leaves);
  const [slot] = run.slots;
  if (slot !== undefined) {
    throw new InvalidOptionError(
      `${transform.name} keeps state (${slot.name}) from step to step, and transformGradients has nowhere to keep it. ` +
        `Use wrapOptimizer(optimizer, transform) or toOptimizer(transform).`,
    );
  }
  const byLeaf = entries.map(([, tensor]) => tensor ?? undefined);
  const request = {
    step: given ?? 0,
    active: byLeaf.map((tensor) => tensor !== undefined),
    output: 'updates',
  } as const;
  if (given === undefined && run.dependsOnStep(request)) {
    throw new InvalidOptionError(
      `${transform.name} depends on the step (a schedule, conditionally, or context.step), and transformGradients does not count steps. ` +
        `Say which one it is: transformGradients(transform, gradients, { step }).`,
    );
  }
  const { program, scalars } = run.prepare(request);
  const left = leaves.find(
    (_, leaf) =>
      byLeaf[leaf] !== undefined &&
      !program.groups.some(
        (group, index) => group.includes(leaf) && program.updates.some((output) => output.group === index),
      ),
  );
  if (left !== undefined || program.holds.length > 0) {
    throw new InvalidOptionError(
      `${transform.name} takes no step for ${left === undefined ? 'some gradients' : JSON.stringify(left.name)}, and a gradient cannot say so. ` +
        `Use wrapOptimizer or toOptimizer, or take that gradient out yourself.`,
    );
  }
  const transformed = new Map<number, tf.Tensor>();
  tf.tidy(() => {
    const results = runProgram(program, {
      parameters: [],
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

function readStep(options: TransformGradientsOptions): number | undefined {
  checkOptionNames('transformGradients', options, ['step']);
  const { step } = options;
  if (step === undefined || (Number.isInteger(step) && step >= 0)) return step;
  throw new InvalidOptionError(
    `transformGradients: step must be a whole number of at least 0, but is ${describeValue(step)}.`,
  );
}

function runOf(transform: AnyTransform, leaves: readonly LeafSpec[]): TransformRun {
  const known = runs.get(transform) ?? new Map<string, TransformRun>();
  runs.set(transform, known);
  const key = JSON.stringify(leaves);
  const run = known.get(key) ?? createTransformRun(transform, leaves, { hasParams: false });
  known.set(key, run);
  return run;
}
