import {
  checkOptionNames,
  describeValue,
  gradientsError,
  InvalidOptionError,
  requireTransform,
  type AnyTransform,
  type GradientTransform,
  type Hyperparameters,
  type Report,
  type Schedule,
  type StateTree,
} from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Binding } from './binding.ts';
import { learningRatePath } from './learningRatePath.ts';
import { writeConfig } from './optimizerConfig.ts';
import { checkSessionOptions } from './checkSessionOptions.ts';
import { propertyAdvice } from './propertyAdvice.ts';
import { refuseUnknownProperties, type LostAssignment } from './refuseUnknownProperties.ts';
import { stateOfTfjs } from './stateOfTfjs.ts';
import { takeIterations } from './takeIterations.ts';
import { toNamedGradients, type Gradients } from './toNamedGradients.ts';
import {
  createTransformSession,
  type GradientListener,
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

/** A TensorFlow.js optimizer made of a transform. */
export class GradkitOptimizer extends tf.Optimizer {
  /** @nocollapse */
  static readonly className: string = 'GradkitOptimizer';
  readonly #transform: AnyTransform;
  readonly #options: ToOptimizerOptions;
  readonly #session: TransformSession;

  static {
    // Not in the class's body: before 4.0 TensorFlow.js declares a property here, which no accessor may take the place of.
    Object.defineProperty(this.prototype, 'iterations', {
      get(this: GradkitOptimizer): number {
        return this.#session.step;
      },
      configurable: true,
    });
    refuseUnknownProperties(this, lostAssignmentError);
  }

  constructor(transform: AnyTransform, options: ToOptimizerOptions = {}) {
    super();
    this.#transform = transform;
    this.#options = Object.freeze({ ...options });
    this.#session = createTransformSession(transform, options);
  }

  /** What it was made of. */
  get transform(): AnyTransform {
    return this.#transform;
  }

  /** How it runs. */
  get options(): ToOptimizerOptions {
    return this.#options;
  }

  /** The numbers that may change between steps, by path: assign to one, such as `hyperparameters['adam.learningRate']`. */
  get hyperparameters(): Hyperparameters {
    return this.#session.hyperparameters;
  }

  /**
   * The learning rate of the step to come; a schedule reads as its value there, which inside `accumulate` counts inner steps. What is
   * assigned, a number or a schedule, takes the place of the one before.
   *
   * @throws {InvalidOptionError} where the transform has none or several, naming them, and for a value that cannot be meant.
   */
  get learningRate(): number {
    return this.#session.valueOf(learningRatePath(this.#transform, this));
  }

  set learningRate(value: number | Schedule) {
    const path = learningRatePath(this.#transform, {
      hyperparameters: this.hyperparameters,
      assigned: value,
    });
    this.hyperparameters[path] = value;
  }

  /** Assigns the learning rate, as the method of TensorFlow.js's SGD and momentum does. */
  setLearningRate(learningRate: number | Schedule): void {
    this.learningRate = learningRate;
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
        if (climbing !== undefined) throw gradientsError(this.#transform, climbing);
      },
    });
  }

  /**
   * Uses up what `accumulate` has gathered: takes its inner step with the mean of the micro-steps in the window, and begins a new window
   * with the next step. A variable of which it holds nothing takes no step. Gives false, and does nothing, where no window is begun.
   *
   * @throws {TreeMismatchError} right after loading, if a variable of the window has not come up yet.
   * @example await model.fit(xs, ys, { epochs: 10 }); await optimizer.flush();
   */
  async flush(): Promise<boolean> {
    return this.#session.flush();
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
    const { step, rest } = await takeIterations(weights);
    await this.#session.restore(rest, step);
  }

  /**
   * Goes on where an optimizer of TensorFlow.js has come to, such as that of a model that was saved with it: with its moments and its
   * count of steps, so that the next step is the one that it would take, to rounding. It is read, not changed; dispose it if nobody
   * else needs it.
   *
   * Adam goes on as `adam`, RMSProp as `rmsprop` with `epsilonInRoot`, momentum as `sgd` with `momentum`, Adagrad as `adagrad` with
   * `epsilonInRoot`, SGD as `sgd`, each alone or in a chain, and with its options; the learning rate may be another one or a schedule.
   * @throws {InvalidOptionError} for an optimizer without a counterpart (Adamax, Adadelta), or where the transform is not the
   *   counterpart, or has other options, naming them and what to write.
   * @example
   * const model = await tf.loadLayersModel(url); // saved with tf.train.adam(1e-3) and includeOptimizer
   * const optimizer = toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1e-3, epsilon: 1e-7 })));
   * await optimizer.continueFrom(model.optimizer);
   * model.compile({ optimizer, loss: 'meanSquaredError' });
   */
  async continueFrom(optimizer: tf.Optimizer): Promise<void> {
    const state = await stateOfTfjs(optimizer, this);
    try {
      this.#session.adopt(state);
    } finally {
      tf.dispose(Array.from(state.values.values()));
    }
  }

  override getConfig(): tf.serialization.ConfigDict {
    return writeConfig(this.#transform, this.#session, this.#options);
  }

  override dispose(): void {
    this.#session.dispose();
  }
}

function lostAssignmentError({
  instance,
  name,
  value,
}: LostAssignment<GradkitOptimizer>): InvalidOptionError {
  const { hyperparameters } = instance;
  const readOnly = new Map([
    ['hyperparameters', "Assign to one of them: optimizer.hyperparameters['path'] = value."],
    ['iterations', 'It counts its own steps; load what getWeights gave with setWeights.'],
    ['iterations_', 'It counts its own steps; load what getWeights gave with setWeights.'],
    ['transform', 'Make another one: toOptimizer(transform, options).'],
    ['options', 'Make another one: toOptimizer(transform, options).'],
  ]).get(name);
  return new InvalidOptionError(
    readOnly === undefined
      ? `This optimizer has no property "${name}", and nothing would read it. ` +
          propertyAdvice(name, { hyperparameters, value: describeValue(value) })
      : `The property ${name} of this optimizer cannot be assigned. ${readOnly}`,
  );
}

/**
 * Makes a TensorFlow.js optimizer of a transform: for `model.compile`, `minimize`, `applyGradients`, saving and loading.
 *
 * State is kept by the variables' names, so layers may be frozen, unfrozen and added in mid-training. It runs on whichever backend is
 * active, operation by operation, with TensorFlow.js's own kernels. Assignments to properties that it does not have are refused, with
 * what to write instead.
 * @throws {InvalidOptionError} if the transform yields gradients (a clip alone), which would climb the loss: end it with `sgd`.
 * @example
 * const optimizer = toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), adamw({ learningRate: 1e-3 })));
 * optimizer.hyperparameters['clipByGlobalNorm.maxNorm'] = 0.5;
 * optimizer.learningRate = 5e-4;
 */
export function toOptimizer<State extends StateTree>(
  transform: GradientTransform<State, 'updates'>,
  options: ToOptimizerOptions = {},
): GradkitOptimizer {
  checkOptionNames('toOptimizer', options, ['onNonFinite', 'binding']);
  checkSessionOptions('toOptimizer', options);
  const given = requireTransform("toOptimizer's transform", transform);
  if (given.yields !== 'updates') throw gradientsError(given, 'every leaf');
  return new GradkitOptimizer(given, options);
}
