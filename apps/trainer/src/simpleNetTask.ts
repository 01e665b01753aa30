import * as tf from '@tensorflow/tfjs';
import type { Column } from './dataset.ts';
import { rowCount } from './dataset.ts';
import { randomStreams } from './randomStreams.ts';
import { createRowSampler } from './rowSampler.ts';
import { seededRandom } from './seededRandom.ts';
import { simpleNet } from './simpleNet.ts';
import { splitRows } from './splitRows.ts';
import { standardise } from './standardise.ts';
import { defineTask } from './task.ts';
import type { Task } from './task.ts';
import { readWageSurvey } from './wages.ts';

/** SimpleNet on the wages survey, as the main job trains it, but with any chain. */
export const simpleNetTask: Task = defineTask({
  name: 'simplenet',
  summary: 'Linear(10, 5), ReLU, Linear(5, 2) on the wages of 534 workers.',
  takesTexts: false,
  unit: 'rows',
  defaults: { optimizer: 'sgd', learningRate: 0.01, steps: 700 },
  settings: { batchSize: { meaning: 'rows in a batch', fallback: 32, most: 427 } },
  open: async ({ settings: { batchSize }, seed }) => {
    const { training, validation } = standardise(
      splitRows(readWageSurvey(), {
        validationFraction: 0.2,
        random: seededRandom(seed, randomStreams.split),
      }),
    );
    const net = simpleNet(
      { inputs: training.predictors.length, outputs: training.targets.length },
      seededRandom(seed, randomStreams.weights),
    );
    const variables = net.trainableWeights
      .map((weight) => weight.read())
      .filter((weight): weight is tf.Variable => weight instanceof tf.Variable);
    const sampler = createRowSampler(rowCount(training), seededRandom(seed, randomStreams.batches));
    const lossOf = (inputs: tf.Tensor, targets: tf.Tensor): tf.Scalar => {
      const outputs = [net.apply(inputs)].flat()[0];
      if (!(outputs instanceof tf.Tensor)) throw new TypeError('SimpleNet gave no tensor.');
      return tf.mean(tf.square(tf.sub(outputs, targets))).asScalar();
    };
    return {
      notes: [
        `Wages survey of 1985: ${rowCount(training)} rows to train on, ${rowCount(validation)} to validate on.`,
      ],
      variables,
      unitsPerStep: batchSize,
      nextBatch: () => {
        const rows = sampler.next(batchSize);
        const [inputs, targets] = [rowsOf(training.predictors, rows), rowsOf(training.targets, rows)];
        return {
          loss: () => tf.tidy(() => lossOf(inputs, targets)),
          dispose: () => tf.dispose([inputs, targets]),
        };
      },
      position: sampler.position,
      restore: sampler.restore,
      evaluate: async () => {
        const rows = Array.from({ length: rowCount(validation) }, (_, row) => row);
        const loss = tf.tidy(() =>
          lossOf(rowsOf(validation.predictors, rows), rowsOf(validation.targets, rows)),
        );
        const [value = NaN] = await loss.data();
        loss.dispose();
        return { loss: value };
      },
      dispose: () => void net.dispose(),
    };
  },
});

function rowsOf(columns: readonly Column[], rows: readonly number[]): tf.Tensor2D {
  const values = rows.flatMap((row) => columns.map((column) => column.values[row] ?? 0));
  return tf.tensor2d(values, [rows.length, columns.length], 'float32');
}
