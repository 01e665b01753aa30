import {
  checkOptionNames,
  describeValue,
  gradientsError,
  InvalidOptionError,
  type AnyTransform,
  type GradientTransform,
  type Hyperparameters,
  type Report,
  type StateTree,
} from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Binding } from './binding.ts';
import { writeConfig } from './optimizerConfig.ts';
import {
  createTransformSession,
  type GradientListener,
  type NamedGradient,
  type NamedVariable,
  type NamedWeight,
  type TransformSession,
} from './transformSession.ts';

/** How an optimizer runs. */
export interface ToOptimizerOptions {
  /** `throw` refuses a step whose gradients hold NaN or an infinity: at once on cpu, wasm and tensorflow, one step later on a GPU. */
  readonly onNonFinite?: 'propagate' | 'throw';
  /** What runs the steps. Default: TensorFlow.js's own operations, one at a time, on whichever backend is active. */
  readonly binding?: Binding;
}

/** What `applyGradients` takes: a map, or a list in which a tensor may be missing. */
export type Gradients = Readonly<Record<string, tf.Tensor | null>> | readonly NamedGradient[];

/** A TensorFlow.js optimizer made of a transform. */
export class GradkitOptimizer extends tf.Optimizer {
  /** @nocollapse */
  static readonly className: string = 'GradkitOptimizer';
  readonly transform: AnyTransform;
  readonly hyperparameters: Hyperparameters;
  readonly options: ToOptimizerOptions;
  readonly #session: TransformSession;

  constructor(transform: AnyTransform, options: ToOptimizerOptions = {}) {
    super();
    this.transform = transform;
    this.options = options;
    this.#session = createTransformSession(transform, options);
    this.hyperparameters = this.#session.hyperparameters;
  }

  /** The steps taken so far. */
  override get iterations(): number {
    return this.#session.step;
  }

  /**
   * Compiles the next step of some variables ahead, without holding up the host, where a binding takes a while for that (WebGPU); else the
   * first step compiles, and holds it up. Numbers and state do not change.
   *
   * @example await optimizer.prepare(model.trainableWeights);
   */
  async prepare(variables: Iterable<NamedVariable>): Promise<void> {
    await this.#session.prepare(variables, 'parameters');
  }

  override applyGradients(gradients: Gradients): void {
    this.#session.advance(toNamedGradients(gradients), {
      output: 'parameters',
      check: (_, leavesOfGradients) => {
        const [climbing] = leavesOfGradients;
        if (climbing !== undefined) throw gradientsError(this.transform, climbing);
      },
    });
  }

  /** Calls `listener` with the reports of each step; the result takes it off again. */
  onReport(listener: (report: Report) => void): () => void {
    return this.#session.onReport(listener);
  }

  /** Calls `listener` with the gradients of each step before they are transformed; the result takes it off again. */
  onGradients(listener: GradientListener): () => void {
    return this.#session.onGradients(listener);
  }

  override async getWeights(): Promise<NamedWeight[]> {
    return this.#session.weights();
  }

  override async setWeights(weights: NamedWeight[]): Promise<void> {
    const [iterations, ...rest] = weights;
    if (iterations?.name !== 'iter') {
      throw new InvalidOptionError(
        'The first weight of a saved optimizer must be "iter". Pass what getWeights gave.',
      );
    }
    const [step = 0] = await iterations.tensor.data();
    await this.#session.restore(rest, step);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return writeConfig(this.transform, this.hyperparameters, this.options);
  }

  override dispose(): void {
    this.#session.dispose();
  }
}

/**
 * Makes a TensorFlow.js optimizer of a transform: for `model.compile`, `minimize`, `applyGradients`, saving and loading.
 *
 * State is kept by the variables' names, so layers may be frozen, unfrozen and added in mid-training. It runs on whichever backend is
 * active, operation by operation, with TensorFlow.js's own kernels.
 * @throws {InvalidOptionError} if the transform yields gradients (a clip alone), which would climb the loss: end it with `sgd`.
 * @example
 * const optimizer = toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), adamw({ learningRate: 1e-3 })));
 * optimizer.hyperparameters['clipByGlobalNorm.maxNorm'] = 0.5;
 */
export function toOptimizer<State extends StateTree>(
  transform: GradientTransform<State, 'updates'>,
  options: ToOptimizerOptions = {},
): GradkitOptimizer {
  checkOptionNames('toOptimizer', options, ['onNonFinite', 'binding']);
  checkSessionOptions('toOptimizer', options);
  const given: AnyTransform = transform;
  if (given.yields !== 'updates') throw gradientsError(given, 'every leaf');
  return new GradkitOptimizer(given, options);
}

/** Judges the values of {@link ToOptimizerOptions}. */
export function checkSessionOptions(owner: string, { onNonFinite, binding }: ToOptimizerOptions): void {
  if (onNonFinite !== undefined && onNonFinite !== 'propagate' && onNonFinite !== 'throw') {
    throw new InvalidOptionError(
      `${owner}: onNonFinite must be 'propagate' or 'throw', but is ${describeValue(onNonFinite)}.`,
    );
  }
  const given: unknown = binding;
  if (given === undefined || (typeof given === 'object' && given !== null && 'open' in given)) return;
  throw new InvalidOptionError(
    `${owner}: binding must be the value of a binding package, such as cpu() of @gradkit/tfjs-cpu, but is ${describeValue(given)}.`,
  );
}

/** The two forms in which TensorFlow.js hands over gradients, as one. */
export function toNamedGradients(gradients: Gradients): readonly NamedGradient[] {
  const given: unknown = gradients;
  const isList = Array.isArray(given);
  if (typeof given !== 'object' || given === null || (isList && !given.every(isNamed))) {
    throw new InvalidOptionError(
      `applyGradients takes gradients by variable name, or a list of { name, tensor }, but was given ` +
        `${isList ? 'a list with something else in it' : describeValue(given)}. Pass what tf.variableGrads gives as grads.`,
    );
  }
  if (isGradientList(gradients)) return gradients;
  return Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
}

function isNamed(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

function isGradientList(gradients: Gradients): gradients is readonly NamedGradient[] {
  return Array.isArray(gradients);
}
