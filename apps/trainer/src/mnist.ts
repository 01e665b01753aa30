import * as tf from '@tensorflow/tfjs';
import { accuracy, crossEntropy } from './crossEntropy.ts';
import { readDigits } from './digits.ts';
import type { Digits } from './digits.ts';
import { dataProduct, matrixProduct } from './matrixProduct.ts';
import { constant, createParameters, normal } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import { randomStreams } from './randomStreams.ts';
import { refuseTooLarge } from './refuseTooLarge.ts';
import { createRowSampler } from './rowSampler.ts';
import { seededRandom, shuffledIndices } from './seededRandom.ts';
import { defineTask } from './task.ts';
import type { Task } from './task.ts';

const testRows = 1000;

/** Handwritten digits, told apart by dense layers (TensorFlow.js's WebAssembly backend cannot train convolutions). */
export const mnist: Task = defineTask({
  name: 'mnist',
  summary: 'Dense layers that tell handwritten digits apart.',
  takesTexts: false,
  unit: 'rows',
  defaults: { optimizer: 'adam', learningRate: 1e-3, steps: 1000 },
  settings: {
    hidden: { meaning: 'units of a hidden layer', fallback: 128 },
    layers: { meaning: 'hidden layers', fallback: 2, most: 64 },
    batchSize: { meaning: 'pictures in a batch', fallback: 64, most: 4096 },
  },
  open: async ({ settings: { hidden, layers, batchSize }, seed }) => {
    refuseTooLarge(
      Math.max(batchSize, testRows) * Math.max(hidden, 784),
      'Give a smaller --batch-size or --hidden.',
    );
    const digits = readDigits();
    const order = shuffledIndices(digits.labels.length, seededRandom(seed, randomStreams.split));
    const [test, training] = [order.slice(0, testRows), order.slice(testRows)];
    const { parameters, logits } = denseModel(hidden, layers, seed);
    const sampler = createRowSampler(training.length, seededRandom(seed, randomStreams.batches));
    return {
      notes: [
        `MNIST: ${training.length} pictures to train on, ${test.length} to test on. The model has ` +
          `${parameters.size.toLocaleString('en')} parameters.`,
      ],
      variables: parameters.variables,
      unitsPerStep: batchSize,
      nextBatch: () => {
        const rows = sampler.next(batchSize).map((index) => training[index] ?? 0);
        const { pictures, wanted } = takeRows(digits, rows);
        return {
          loss: () => tf.tidy(() => crossEntropy(logits(pictures), wanted)),
          dispose: () => tf.dispose([pictures, wanted]),
        };
      },
      position: sampler.position,
      restore: sampler.restore,
      evaluate: async () => {
        const { pictures, wanted } = takeRows(digits, test);
        const [loss, right] = tf.tidy(() => {
          const outputs = logits(pictures);
          return [crossEntropy(outputs, wanted), accuracy(outputs, wanted)];
        });
        const [lossValue = NaN] = (await loss?.data()) ?? [];
        const [accuracyValue = NaN] = (await right?.data()) ?? [];
        tf.dispose([pictures, wanted, loss, right]);
        return { loss: lossValue, accuracy: accuracyValue };
      },
      dispose: parameters.dispose,
    };
  },
});

function denseModel(
  hidden: number,
  layers: number,
  seed: number,
): { parameters: Parameters; logits(pictures: tf.Tensor): tf.Tensor2D } {
  const widths = [784, ...Array.from({ length: layers }, () => hidden), 10];
  const parameters = createParameters(
    Object.fromEntries(
      widths.slice(1).flatMap((width, layer) => {
        const inputs = widths[layer] ?? 0;
        // He et al. 2015: what ReLU halves is made up for.
        const start = normal(Math.sqrt(2 / inputs));
        return [
          [`dense${layer + 1}/kernel`, { shape: [inputs, width], start }],
          [`dense${layer + 1}/bias`, { shape: [width], start: constant(0) }],
        ];
      }),
    ),
    seededRandom(seed, randomStreams.weights),
  );
  return {
    parameters,
    logits: (pictures) => {
      let signal = pictures;
      for (let layer = 1; layer <= layers + 1; layer++) {
        const product = layer === 1 ? dataProduct : matrixProduct;
        const sums = tf.add(
          product(signal, parameters.get(`dense${layer}/kernel`)),
          parameters.get(`dense${layer}/bias`),
        );
        signal = layer <= layers ? tf.relu(sums) : sums;
      }
      return signal.as2D(pictures.shape[0] ?? 0, 10);
    },
  };
}

function takeRows(
  { pixels, labels }: Digits,
  rows: readonly number[],
): { pictures: tf.Tensor2D; wanted: tf.Tensor1D } {
  const pictures = new Float32Array(rows.length * 784);
  rows.forEach((row, index) => pictures.set(pixels.subarray(row * 784, (row + 1) * 784), index * 784));
  return {
    pictures: tf.tensor2d(pictures, [rows.length, 784]),
    wanted: tf.tensor1d(
      rows.map((row) => labels[row] ?? 0),
      'int32',
    ),
  };
}
