import {
  InvalidOptionError,
  transformFromJSON,
  type AnyTransform,
  type GradientTransform,
  type StateTree,
  type TransformRegistry,
} from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import { GradkitOptimizer, toOptimizer, type ToOptimizerOptions } from './toOptimizer.ts';
import { GradkitMiddleware, wrapOptimizer } from './wrapOptimizer.ts';

/** The part of TensorFlow.js that knows how saved classes are made again. */
export interface TensorFlow {
  readonly serialization: Pick<typeof tf.serialization, 'registerClass' | 'SerializationMap'>;
}

/**
 * Tells `tf.loadLayersModel` how to make saved optimizers again: which names in their JSON stand for which transforms.
 *
 * Pass the `tf` that the app uses: each copy of TensorFlow.js has a list of its own. Calling it again replaces what it was told.
 * @example
 * register(tf, { transforms: { clipByGlobalNorm, adamw }, schedules: { warmupCosineDecay } });
 * const model = await tf.loadLayersModel('file://model/model.json');
 */
export function register(tensorflow: TensorFlow, registry: TransformRegistry): void {
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
      return toOptimizer(transform, readOptions(config));
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
      return wrapOptimizer(readInner(tensorflow, config), transform, readOptions(config));
    }
  }

  tensorflow.serialization.registerClass(RegisteredOptimizer);
  tensorflow.serialization.registerClass(RegisteredMiddleware);
}

function readTransform(config: tf.serialization.ConfigDict, registry: TransformRegistry): AnyTransform {
  return transformFromJSON(parse(config['transform']), registry);
}

function parse(text: unknown): unknown {
  if (typeof text === 'string') return JSON.parse(text);
  throw new InvalidOptionError(
    'The saved optimizer has no transform in its config. It was not saved by @gradkit/tfjs, or by another version of it.',
  );
}

function readInner(tensorflow: TensorFlow, config: tf.serialization.ConfigDict): tf.Optimizer {
  const inner = parse(config['optimizer']);
  const named = isConfig(inner) ? inner['className'] : undefined;
  const className = typeof named === 'string' ? named : '(no name)';
  const innerConfig = isConfig(inner) ? inner['config'] : undefined;
  const known = tensorflow.serialization.SerializationMap.getMap().classNameMap[className];
  const made: unknown = isConfig(innerConfig) ? known?.[1](known[0], innerConfig) : undefined;
  if (made instanceof tf.Optimizer) return made;
  throw new InvalidOptionError(
    `The saved inner optimizer ${className} is not known to this TensorFlow.js. Register its class first.`,
  );
}

function isConfig(value: unknown): value is tf.serialization.ConfigDict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readOptions(config: tf.serialization.ConfigDict): ToOptimizerOptions {
  return config['onNonFinite'] === 'throw' ? { onNonFinite: 'throw' } : {};
}

function isOptimizer(transform: AnyTransform): transform is GradientTransform<StateTree, 'updates'> {
  return transform.yields === 'updates';
}

function isOfGradients(transform: AnyTransform): transform is GradientTransform<StateTree, 'gradients'> {
  return transform.yields === 'gradients';
}
