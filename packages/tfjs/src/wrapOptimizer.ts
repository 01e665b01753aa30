import {
  checkOptionNames,
  describeValue,
  InvalidOptionError,
  requireTransform,
  type AnyTransform,
  type GradientTransform,
  type Hyperparameters,
  type LeafSpec,
  type Report,
  type StateTree,
} from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import type { ToOptimizerOptions } from './toOptimizer.ts';
import { checkInnerOptimizer } from './checkInnerOptimizer.ts';
import { checkSessionOptions } from './checkSessionOptions.ts';
import { rememberVariables, slotsBeyond } from './innerSlots.ts';
import { toConfigText, writeConfig } from './optimizerConfig.ts';
import { isLearningRate, propertyAdvice } from './propertyAdvice.ts';
import { refuseUnknownProperties, type LostAssignment } from './refuseUnknownProperties.ts';
import { takeIterations } from './takeIterations.ts';
import { toNamedGradients, type Gradients } from './toNamedGradients.ts';
import {
  createTransformSession,
  isTransformWeight,
  type GradientListener,
  type NamedGradient,
  type NamedVariable,
  type NamedWeight,
  type TransformSession,
} from './transformSession.ts';

/** A TensorFlow.js optimizer with a transform in front of it. */
export class GradkitMiddleware extends tf.Optimizer {
  /** @nocollapse */
  static readonly className: string = 'GradkitMiddleware';
  readonly #optimizer: tf.Optimizer;
  readonly #transform: AnyTransform;
  readonly #options: ToOptimizerOptions;
  readonly #session: TransformSession;
  #isDisposed = false;
  #innerIterations: { readonly step: number; readonly tensor: tf.Tensor } | undefined;

  static {
    // Not in the class's body: before 4.0 TensorFlow.js declares a property here, which no accessor may take the place of.
    Object.defineProperty(this.prototype, 'iterations', {
      get(this: GradkitMiddleware): number {
        return this.#session.step;
      },
      configurable: true,
    });
    refuseUnknownProperties(this, lostAssignmentError);
  }

  constructor(optimizer: tf.Optimizer, transform: AnyTransform, options: ToOptimizerOptions = {}) {
    super();
    this.#optimizer = optimizer;
    this.#transform = transform;
    this.#options = Object.freeze({ ...options });
    this.#session = createTransformSession(transform, options);
  }

  /** The optimizer that it wraps, whose numbers are assigned to it itself. */
  get optimizer(): tf.Optimizer {
    return this.#optimizer;
  }

  /** What the gradients go through first. */
  get transform(): AnyTransform {
    return this.#transform;
  }

  /** How the transform runs. */
  get options(): ToOptimizerOptions {
    return this.#options;
  }

  /** The numbers of the transform that may change between steps, by path: `hyperparameters['clipByGlobalNorm.maxNorm']`. */
  get hyperparameters(): Hyperparameters {
    return this.#session.hyperparameters;
  }

  /**
   * The learning rate of the optimizer that was wrapped. Assigned, it is followed by SGD and momentum too, which TensorFlow.js lets
   * ignore it.
   *
   * @throws {InvalidOptionError} where that optimizer has none.
   */
  get learningRate(): number {
    return readLearningRate(this.#optimizer);
  }

  set learningRate(value: number) {
    assignLearningRate(this.#optimizer, value);
  }

  /** Assigns the learning rate, as the method of TensorFlow.js's SGD and momentum does. */
  setLearningRate(learningRate: number): void {
    this.learningRate = learningRate;
  }

  /** Compiles the next step of some variables ahead, as `GradkitOptimizer.prepare` does. */
  async prepare(variables: Iterable<NamedVariable>): Promise<void> {
    await this.#session.prepare(variables, 'updates');
  }

  override applyGradients(gradients: Gradients): void {
    if (this.#isDisposed) throw disposedError(this.#optimizer);
    checkInnerOptimizer(this.#optimizer);
    followLearningRate(this.#optimizer);
    const named = toNamedGradients(gradients);
    this.#session.advance(named, {
      output: 'updates',
      remember: () => rememberVariables(this.#optimizer, named),
      // What the inner optimizer has stepped without us has its slots at these places.
      first: (known) => slotsBeyond(this.#optimizer, known),
      check: (program) => {
        if (program.holds.length > 0) throw holdError(this.#transform);
      },
      use: (updates, leaves) => this.#apply(updates, leaves),
    });
  }

  #apply(updates: ReadonlyMap<number, tf.Tensor>, leaves: readonly LeafSpec[]): void {
    // No step is not a zero step: without a single gradient the inner optimizer is not called.
    if (updates.size === 0) return;
    // The inner optimizer keeps its slots by position: that of the leaf, which a save and a load keep too.
    const ordered = leaves.map(({ name }, leaf) => ({ name, tensor: updates.get(leaf) ?? null }));
    applyNamed(this.#optimizer, ordered);
  }

  /**
   * Uses up what `accumulate` has gathered: the optimizer takes a step with the mean of the micro-steps in the window, and a new window
   * begins with the next step. A variable of which it holds nothing takes no step. Gives false, and does nothing, where no window is
   * begun. Where the optimizer throws, nothing has moved, and the window can be flushed again or go on.
   *
   * @throws {TreeMismatchError} right after loading, if a variable of the window has not come up yet.
   */
  async flush(): Promise<boolean> {
    if (this.#isDisposed) throw disposedError(this.#optimizer);
    checkInnerOptimizer(this.#optimizer);
    followLearningRate(this.#optimizer);
    return this.#session.flush({
      remember: (leaves) => rememberVariables(this.#optimizer, leaves),
      use: (updates, leaves) => this.#apply(updates, leaves),
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
    const inner = await this.#optimizer.getWeights();
    return [
      ...this.#session.weights(),
      ...inner.map((weight) => ({
        name: innerPrefix + weight.name,
        tensor: weight.name === 'iter' ? this.#keepIterations(weight.tensor) : weight.tensor,
      })),
    ];
  }

  /** The built-in optimizers make a scalar at every save and never dispose it; here one is kept for each step. */
  #keepIterations(tensor: tf.Tensor): tf.Tensor {
    const { step } = this.#session;
    if (this.#innerIterations?.step === step) tensor.dispose();
    else {
      this.#innerIterations?.tensor.dispose();
      this.#innerIterations = { step, tensor };
    }
    return this.#innerIterations.tensor;
  }

  override async setWeights(weights: NamedWeight[]): Promise<void> {
    const { step, rest } = await takeIterations(weights);
    const own = rest.filter(isTransformWeight);
    await this.#session.restore(own, step);
    const inner = rest.filter(({ name }) => name.startsWith(innerPrefix));
    await this.#optimizer.setWeights(
      inner.map(({ name, tensor }) => ({ name: name.slice(innerPrefix.length), tensor })),
    );
  }

  override getConfig(): tf.serialization.ConfigDict {
    const inner = { className: this.#optimizer.getClassName(), config: this.#optimizer.getConfig() };
    return {
      ...inner.config,
      ...writeConfig(this.#transform, this.#session, this.#options),
      optimizer: toConfigText(JSON.parse(JSON.stringify(inner))),
    };
  }

  /** Frees the state, and disposes the inner optimizer, which no step can follow. */
  override dispose(): void {
    this.#isDisposed = true;
    this.#innerIterations?.tensor.dispose();
    this.#innerIterations = undefined;
    this.#session.dispose();
    this.#optimizer.dispose();
  }
}

/**
 * Puts a transform in front of an optimizer that is there already: gradients are transformed, then the optimizer takes its step.
 *
 * The inner optimizer always gets its variables in the order in which they first came up, with null for those that take no step,
 * because TensorFlow.js keeps its slots by position. At a step that the transform leaves out (a micro-step of `accumulate`) it is not
 * called. Where it throws, nothing has moved: variables, its slots and the transform's state are put back. A learning rate that is
 * assigned to it is followed, also by SGD and momentum, which TensorFlow.js lets ignore it.
 * @throws {InvalidOptionError} if the transform yields updates (an optimizer: use `toOptimizer`), if it holds steps on data
 *   (`skipNonFinite`), or if the optimizer was made with something that is no number.
 * @example wrapOptimizer(tf.train.adam(1e-3), clipByGlobalNorm({ maxNorm: 1 }))
 */
export function wrapOptimizer<State extends StateTree>(
  optimizer: tf.Optimizer,
  transform: GradientTransform<State, 'gradients'>,
  options: ToOptimizerOptions = {},
): GradkitMiddleware {
  checkOptionNames('wrapOptimizer', options, ['onNonFinite', 'binding']);
  checkSessionOptions('wrapOptimizer', options);
  const given = requireTransform("wrapOptimizer's transform", transform);
  if (given.yields !== 'gradients') {
    throw new InvalidOptionError(
      `wrapOptimizer puts a transform of gradients before an optimizer, but ${given.name} is an optimizer itself. Use toOptimizer(${given.name}(...)).`,
    );
  }
  checkInnerOptimizer(optimizer);
  return new GradkitMiddleware(optimizer, given, options);
}

const innerPrefix = 'gradkitInner/';

function lostAssignmentError({
  instance,
  name,
  value,
}: LostAssignment<GradkitMiddleware>): InvalidOptionError {
  const { optimizer, hyperparameters } = instance;
  const written = describeValue(value);
  const readOnly = new Map([
    ['hyperparameters', "Assign to one of them: wrapped.hyperparameters['path'] = value."],
    ['iterations', 'It counts its own steps; load what getWeights gave with setWeights.'],
    ['iterations_', 'It counts its own steps; load what getWeights gave with setWeights.'],
    ['optimizer', 'Make another one: wrapOptimizer(optimizer, transform).'],
    ['transform', 'Make another one: wrapOptimizer(optimizer, transform).'],
    ['options', 'Make another one: wrapOptimizer(optimizer, transform).'],
  ]).get(name);
  if (readOnly !== undefined)
    return new InvalidOptionError(`The property ${name} of this optimizer cannot be assigned. ${readOnly}`);
  return new InvalidOptionError(
    `What wrapOptimizer made has no property "${name}", and nothing would read it. ` +
      (isLearningRate(name)
        ? `Write wrapped.learningRate = ${written}.`
        : name in optimizer
          ? innerAdvice(optimizer, { name, written })
          : propertyAdvice(name, { hyperparameters, value: written })),
  );
}

function innerAdvice(
  optimizer: tf.Optimizer,
  { name, written }: { readonly name: string; readonly written: string },
): string {
  if (optimizer.getClassName() === 'Momentum' && name === 'momentum')
    return `TensorFlow.js's momentum keeps the one that it was made with. Make another one: tf.train.momentum(learningRate, ${written}).`;
  return `It is the optimizer's that was wrapped. Write wrapped.optimizer.${name} = ${written}.`;
}

function readLearningRate(optimizer: tf.Optimizer): number {
  const rate: unknown = 'learningRate' in optimizer ? optimizer.learningRate : undefined;
  if (typeof rate === 'number') return rate;
  throw new InvalidOptionError(
    `The optimizer ${optimizer.getClassName()} that was wrapped has no learning rate that could be read or assigned.`,
  );
}

function assignLearningRate(optimizer: tf.Optimizer, value: unknown): void {
  readLearningRate(optimizer);
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw new InvalidOptionError(
      `The learning rate of the optimizer ${optimizer.getClassName()} must be a number, but was given ${describeValue(value)}. ` +
        `For a schedule use toOptimizer(chain(..., adam({ learningRate: schedule }))).`,
    );
  }
  Reflect.set(optimizer, 'learningRate', value);
  followLearningRate(optimizer);
}

/** SGD and momentum step with a cached scalar, so that assigning their learning rate does nothing by itself. */
function followLearningRate(optimizer: tf.Optimizer): void {
  // Of Gradkit's own a learning rate is followed as it is assigned.
  if ('hyperparameters' in optimizer) return;
  if (!('setLearningRate' in optimizer) || !('learningRate' in optimizer)) return;
  const { setLearningRate, learningRate } = optimizer;
  if (typeof setLearningRate === 'function' && typeof learningRate === 'number')
    setLearningRate.call(optimizer, learningRate);
}

function applyNamed(
  optimizer: { applyGradients(gradients: NamedGradient[] | Record<string, tf.Tensor | null>): void },
  gradients: NamedGradient[],
): void {
  optimizer.applyGradients(gradients);
}

function disposedError(optimizer: tf.Optimizer): InvalidOptionError {
  return new InvalidOptionError(
    `This optimizer was disposed, and with it the ${optimizer.getClassName()} that it wraps, which cannot begin afresh. ` +
      `Make new ones: wrapOptimizer(tf.train.adam(1e-3), transform).`,
  );
}

function holdError(transform: AnyTransform): InvalidOptionError {
  return new InvalidOptionError(
    `${transform.name} holds steps on data (skipNonFinite), which an optimizer that is only wrapped cannot do without losing its own state. ` +
      `Use toOptimizer(chain(..., adam({ learningRate }))), which keeps every bit.`,
  );
}
