import * as tf from '@tensorflow/tfjs';
import type { Column } from './dataset.ts';
import { rowCount } from './dataset.ts';
import { dataProduct, matrixProduct } from './matrixProduct.ts';
import { createParameters, uniform } from './parameters.ts';
import type { Initializer } from './parameters.ts';
import { randomStreams } from './randomStreams.ts';
import { createRowSampler } from './rowSampler.ts';
import { seededRandom } from './seededRandom.ts';
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
    const [inputs, hidden, outputs] = [training.predictors.length, 5, training.targets.length];
    // As PyTorch's Linear begins, like the SimpleNet of the main job.
    const start = (from: number): Initializer => uniform(1 / Math.sqrt(from));
    const parameters = createParameters(
      {
        'hidden/kernel': { shape: [inputs, hidden], start: start(inputs) },
        'hidden/bias': { shape: [hidden], start: start(inputs) },
        'output/kernel': { shape: [hidden, outputs], start: start(hidden) },
        'output/bias': { shape: [outputs], start: start(hidden) },
      },
      seededRandom(seed, randomStreams.weights),
    );
    const { get } = parameters;
    const sampler = createRowSampler(rowCount(training), seededRandom(seed, randomStreams.batches));
    const lossOf = (rows: tf.Tensor, targets: tf.Tensor): tf.Scalar => {
      const bent = tf.relu(tf.add(dataProduct(rows, get('hidden/kernel')), get('hidden/bias')));
      const predicted = tf.add(matrixProduct(bent, get('output/kernel')), get('output/bias'));
      return tf.mean(tf.square(tf.sub(predicted, targets))).asScalar();
    };
    return {
      notes: [
        `Wages survey of 1985: ${rowCount(training)} rows to train on, ${rowCount(validation)} to validate on.`,
      ],
      variables: parameters.variables,
      unitsPerStep: batchSize,
      nextBatch: () => {
        const dealt = sampler.next(batchSize);
        const [rows, targets] = [rowsOf(training.predictors, dealt), rowsOf(training.targets, dealt)];
        return {
          loss: () => tf.tidy(() => lossOf(rows, targets)),
          dispose: () => tf.dispose([rows, targets]),
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
      dispose: parameters.dispose,
    };
  },
});

function rowsOf(columns: readonly Column[], rows: readonly number[]): tf.Tensor2D {
  const values = rows.flatMap((row) => columns.map((column) => column.values[row] ?? 0));
  return tf.tensor2d(values, [rows.length, columns.length], 'float32');
}
