import { describeValue, InvalidOptionError } from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Judges an optimizer that is to be wrapped, for what TensorFlow.js swallows.
 *
 * @throws {InvalidOptionError} for a number that is none (`tf.train.adam({ learningRate })` steps by -object, which is NaN), and for
 *   properties that the built-in optimizers ignore (`optimizer.clipNorm = 1`).
 */
export function checkInnerOptimizer(optimizer: tf.Optimizer): void {
  const given: unknown = optimizer;
  if (given === null || given === undefined || !(given instanceof tf.Optimizer)) {
    throw new InvalidOptionError(
      `wrapOptimizer takes a TensorFlow.js optimizer first, but was given ${describeValue(given)}. ` +
        `Write wrapOptimizer(tf.train.adam(1e-3), transform).`,
    );
  }
  // Gradkit's own judge what they are given themselves, and the config of a schedule that is a bare function cannot be written.
  if ('hyperparameters' in given) return;
  const name = optimizer.getClassName();
  const config = new Map<string, unknown>(Object.entries(optimizer.getConfig()));
  for (const option of numberOptions) {
    const value = config.get(option);
    if (!config.has(option) || (typeof value === 'number' && !Number.isNaN(value))) continue;
    throw new InvalidOptionError(
      `The optimizer ${name} was made with ${option} = ${describeValue(value)}, and would turn every weight into NaN. ` +
        `TensorFlow.js takes numbers by position, not an object: tf.train.adam(1e-3).`,
    );
  }
  if (!builtIn.has(optimizer.constructor)) return;
  const ignored = Object.keys(optimizer).find((option) => !config.has(option) && ignoredNames.test(option));
  if (ignored === undefined) return;
  throw new InvalidOptionError(
    `The optimizer ${name} has a property "${ignored}", which TensorFlow.js ignores. ` +
      `Delete it and put the transform in: wrapOptimizer(optimizer, chain(clipByGlobalNorm({ maxNorm }), ...)).`,
  );
}

/** The options of the built-in optimizers; those of other classes are their own business. */
const numberOptions = [
  'learningRate',
  'beta1',
  'beta2',
  'epsilon',
  'rho',
  'decay',
  'momentum',
  'initialAccumulatorValue',
];

/** A subclass may well read such a property; these classes do not. */
const builtIn: ReadonlySet<unknown> = new Set([
  tf.SGDOptimizer,
  tf.MomentumOptimizer,
  tf.RMSPropOptimizer,
  tf.AdamOptimizer,
  tf.AdadeltaOptimizer,
  tf.AdamaxOptimizer,
  tf.AdagradOptimizer,
]);

/** What users of Keras and PyTorch set, such as clipnorm, clipValue, globalClipnorm, gradientClipping, weightDecay, lr. */
const ignoredNames = /clip|weight_?decay|^decay$|^lr$|^learning_rate$/i;
