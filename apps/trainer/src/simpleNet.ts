import * as tf from '@tensorflow/tfjs';
import type { Random } from './seededRandom.ts';

/**
 * SimpleNet: Linear(inputs, 5), ReLU, Linear(5, outputs). Weights and biases start uniform in +-1/sqrt(inputs of the layer), as in
 * PyTorch's `Linear`; the same random source gives the same weights.
 */
export function simpleNet(shape: { inputs: number; outputs: number }, random: Random): tf.Sequential {
  const hidden = 5;
  return tf.sequential({
    layers: [
      tf.layers.dense({
        ...linearInitializers(shape.inputs, random),
        units: hidden,
        inputShape: [shape.inputs],
        activation: 'relu',
      }),
      tf.layers.dense({ ...linearInitializers(hidden, random), units: shape.outputs }),
    ],
  });
}

type Initializer = ReturnType<typeof tf.initializers.randomUniform>;

function linearInitializers(
  inputs: number,
  random: Random,
): { kernelInitializer: Initializer; biasInitializer: Initializer } {
  const limit = 1 / Math.sqrt(inputs);
  // tfjs takes a seed of 0 for none.
  const uniform = (): Initializer =>
    tf.initializers.randomUniform({ minval: -limit, maxval: limit, seed: 1 + random.integer(2 ** 31 - 1) });
  return { kernelInitializer: uniform(), biasInitializer: uniform() };
}
