import { seededRandom } from './seededRandom.ts';
import type { Task } from './task.ts';

const inputCount = 10;
const hidden = 5;
const outputCount = 2;
const batchSize = 32;
const outlierShare = 1 / 200;
const outlierSize = 60;

/**
 * SimpleNet, Linear(10, 5), ReLU, Linear(5, 2), on the outputs of another such net with noise. One target in two hundred is far
 * off, as in data that nobody has cleaned: its batch has a gradient many times as large as the others.
 */
export const simpleNetTask: Task = {
  title: 'SimpleNet, data with outliers',
  description: 'learns two outputs from ten inputs; one target in 200 is far off',
  defaults: { learningRate: 0.1, threshold: 2 },
  parameters: (seed) => netParameters(seed, 1),
  batches: (seed) => {
    const teacher = netParameters(seed, 3);
    const random = seededRandom(seed, 2);
    return () => {
      const inputs = Float32Array.from({ length: batchSize * inputCount }, () => random.normal());
      const targets = new Float32Array(batchSize * outputCount);
      for (let row = 0; row < batchSize; row++) {
        const outputs = forward(teacher, inputs.subarray(row * inputCount, (row + 1) * inputCount));
        outputs.forEach((output, index) => {
          const outlier = random.uniform() < outlierShare ? outlierSize * random.normal() : 0;
          targets[row * outputCount + index] = 3 * output + 0.3 * random.normal() + outlier;
        });
      }
      return {
        inputs: { values: inputs, shape: [batchSize, inputCount] },
        targets: { values: targets, shape: [batchSize, outputCount] },
      };
    };
  },
};

interface Net {
  readonly [name: string]: { readonly values: Float32Array; readonly shape: readonly number[] };
}

function netParameters(seed: number, stream: number): Net {
  const random = seededRandom(seed, stream);
  const uniform = (shape: readonly number[], inputs: number): Net[string] => ({
    values: Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => (2 * random.uniform() - 1) / Math.sqrt(inputs),
    ),
    shape,
  });
  return {
    kernel1: uniform([inputCount, hidden], inputCount),
    bias1: uniform([hidden], inputCount),
    kernel2: uniform([hidden, outputCount], hidden),
    bias2: uniform([outputCount], hidden),
  };
}

function forward(net: Net, inputs: Float32Array): Float32Array {
  const layer = (from: Float32Array, kernel: string, bias: string): Float32Array => {
    const biases = net[bias]?.values ?? new Float32Array(0);
    const weights = net[kernel]?.values ?? new Float32Array(0);
    return biases.map((start, unit) =>
      from.reduce((sum, value, index) => sum + value * (weights[index * biases.length + unit] ?? 0), start),
    );
  };
  const hiddenUnits = layer(inputs, 'kernel1', 'bias1').map((value) => Math.max(0, value));
  return layer(hiddenUnits, 'kernel2', 'bias2');
}
