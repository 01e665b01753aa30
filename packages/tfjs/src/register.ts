import {
  checkOptionNames,
  describeValue,
  InvalidOptionError,
  type AnyTransform,
  type GradientTransform,
  type StateTree,
  type TransformRegistry,
} from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Binding } from './binding.ts';
import { checkSessionOptions } from './checkSessionOptions.ts';
import { hasFunctions } from './hasFunctions.ts';
import { fromConfigText, readTransform, restoreHyperparameters } from './optimizerConfig.ts';
import { GradkitOptimizer, toOptimizer, type ToOptimizerOptions } from './toOptimizer.ts';
import { GradkitMiddleware, wrapOptimizer } from './wrapOptimizer.ts';

/** The part of TensorFlow.js that knows how saved classes are made again. */
export interface TensorFlow {
  readonly serialization: Pick<typeof tf.serialization, 'registerClass' | 'SerializationMap'>;
}

/** What saved optimizers are made again of. */
export interface OptimizerRegistry extends TransformRegistry {
  /** What runs the steps of loaded optimizers; without one they run operation by operation. */
  readonly binding?: Binding;
}

/**
 * Tells `tf.loadLayersModel` how to make saved optimizers again: which names in their JSON stand for which transforms.
 *
 * Pass the `tf` that the app uses: each copy of TensorFlow.js has a list of its own. Calling it again replaces what it was told.
 * @example
 * register(tf, { transforms: { clipByGlobalNorm, adamw }, schedules: { warmupCosineDecay } });
 * const model = await tf.loadLayersModel('file://model/model.json');
 */
export function register(tensorflow: TensorFlow, registry: OptimizerRegistry): void {
  checkArguments(tensorflow, registry);
  class RegisteredOptimizer extends GradkitOptimizer {
    static override readonly className: string = GradkitOptimizer.className;

    static override fromConfig<T extends tf.serialization.Serializable>(
      make: tf.serialization.SerializableConstructor<T>,
      config: tf.serialization.ConfigDict,
    ): T;
    static override fromConfig(
      _: unknown,
      config: tf.serialization.ConfigDict,
    ): tf.serialization.Serializable {
      const transform = readTransform(config, registry);
      if (!isOptimizer(transform))
        throw new InvalidOptionError(`The saved transform ${transform.name} is no optimizer.`);
      const made = toOptimizer(transform, readOptions(config, registry));
      restoreHyperparameters(made.hyperparameters, config, registry);
      return made;
    }
  }

  class RegisteredMiddleware extends GradkitMiddleware {
    static override readonly className: string = GradkitMiddleware.className;

    static override fromConfig<T extends tf.serialization.Serializable>(
      make: tf.serialization.SerializableConstructor<T>,
      config: tf.serialization.ConfigDict,
    ): T;
    static override fromConfig(
      _: unknown,
      config: tf.serialization.ConfigDict,
    ): tf.serialization.Serializable {
      const transform = readTransform(config, registry);
      if (!isOfGradients(transform))
        throw new InvalidOptionError(`The saved transform ${transform.name} is an optimizer.`);
      const made = wrapOptimizer(readInner(tensorflow, config), transform, readOptions(config, registry));
      restoreHyperparameters(made.hyperparameters, config, registry);
      return made;
    }
  }

  tensorflow.serialization.registerClass(RegisteredOptimizer);
  tensorflow.serialization.registerClass(RegisteredMiddleware);
}

function checkArguments(tensorflow: unknown, registry: unknown): void {
  const serialization: unknown =
    typeof tensorflow === 'object' && tensorflow !== null
      ? Reflect.get(tensorflow, 'serialization')
      : undefined;
  if (!hasFunctions(serialization, ['registerClass']) || typeof registry !== 'object' || registry === null) {
    throw new InvalidOptionError(
      'register takes TensorFlow.js, and what saved optimizers are made of. ' +
        "Write register(tf, { transforms }) after import * as tf from '@tensorflow/tfjs'.",
    );
  }
  const lists = ['transforms', 'schedules', 'predicates'] as const;
  checkOptionNames('register', registry, [...lists, 'binding']);
  for (const list of lists) checkNamed(list, Reflect.get(registry, list));
  checkSessionOptions('register', { binding: Reflect.get(registry, 'binding') });
}

function checkNamed(list: string, given: unknown): void {
  if (given === undefined) return;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidOptionError(
      `register: ${list} must be an object by name, but is ${describeValue(given)}. Write { ${list}: { name } }.`,
    );
  }
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'function') continue;
    throw new InvalidOptionError(
      `register: ${list}.${name} must be a function, but is ${describeValue(value)}. ` +
        `Pass what makes it, not what it made: { transforms: { adam } }.`,
    );
  }
}

function readInner(tensorflow: TensorFlow, config: tf.serialization.ConfigDict): tf.Optimizer {
  const inner = fromConfigText('optimizer', config);
  const named = inner?.['className'];
  const className = typeof named === 'string' ? named : '(no name)';
  const innerConfig: unknown = inner?.['config'];
  const known = tensorflow.serialization.SerializationMap.getMap().classNameMap[className];
  const made: unknown = isConfig(innerConfig) ? known?.[1](known[0], innerConfig) : undefined;
  // TensorFlow.js's own test reads properties of what it is given.
  if (made !== undefined && made !== null && made instanceof tf.Optimizer) return made;
  throw new InvalidOptionError(
    `The saved inner optimizer ${className} is not known to this TensorFlow.js. Register its class first.`,
  );
}

function isConfig(value: unknown): value is tf.serialization.ConfigDict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readOptions(
  config: tf.serialization.ConfigDict,
  { binding }: OptimizerRegistry,
): ToOptimizerOptions {
  const { onNonFinite } = config;
  checkSessionOptions('The saved optimizer', { onNonFinite });
  return {
    ...(onNonFinite === 'throw' ? { onNonFinite: 'throw' } : {}),
    ...(binding === undefined ? {} : { binding }),
  };
}

function isOptimizer(transform: AnyTransform): transform is GradientTransform<StateTree, 'updates'> {
  return transform.yields === 'updates';
}

function isOfGradients(transform: AnyTransform): transform is GradientTransform<StateTree, 'gradients'> {
  return transform.yields === 'gradients';
}
