import { setImmediate } from 'node:timers/promises';
import type { TransformJSON } from '@gradkit/core';
import { toOptimizer } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs';
import { clippedSgd } from './clippedSgd.ts';
import type { Clipping } from './clipping.ts';
import { rowCount } from './dataset.ts';
import type { Column, Dataset } from './dataset.ts';
import { createGradientLog } from './gradientLog.ts';
import type { GradientSummary } from './gradientLog.ts';
import { seededRandom, shuffledIndices } from './seededRandom.ts';
import { simpleNet } from './simpleNet.ts';
import type { Split } from './splitRows.ts';

export interface TrainingOptions {
  readonly threshold: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly seed: number;
}

/** One epoch, counted from 1, and the mean training loss over its rows, each as it was before its own batch's step. */
export interface EpochLoss {
  readonly epoch: number;
  readonly loss: number;
}

export interface TrainingRun {
  readonly clipping: Clipping;
  /** What turned gradients into updates, as data. */
  readonly transform: TransformJSON;
  readonly epochs: readonly EpochLoss[];
  /** Mean squared error over all training rows with the final weights. */
  readonly trainingLoss: number;
  readonly validationLoss: number;
  readonly gradients: GradientSummary;
  /** The epoch whose loss was no longer finite, where training stopped. */
  readonly divergedInEpoch: number | undefined;
}

/** Follows a run while it goes on. */
export interface TrainingObserver {
  step(at: { epoch: number; step: number }): void;
  epoch(loss: EpochLoss): void;
}

/** How many steps a run takes if it does not diverge. */
export function stepsPerEpoch(training: Dataset, batchSize: number): number {
  return Math.ceil(rowCount(training) / batchSize);
}

/**
 * Trains a SimpleNet with mean squared error. Weights and the order of the rows come from the seed alone, so that runs which
 * differ in `clipping` start from the same weights and see the same batches. The last batch of an epoch may be smaller.
 *
 * @throws the signal's reason, between two steps, once it is aborted.
 */
export async function train(
  split: Split,
  clipping: Clipping,
  options: TrainingOptions,
  { observer, signal }: { observer: TrainingObserver; signal: AbortSignal },
): Promise<TrainingRun> {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const net = simpleNet(
    { inputs: split.training.predictors.length, outputs: split.training.targets.length },
    seededRandom(options.seed, 2),
  );
  const transform = clippedSgd({ clipping, ...options });
  const optimizer = toOptimizer(transform);
  const log = createGradientLog();
  optimizer.onReport(({ values }) => log.record(values));
  net.compile({ optimizer, loss: 'meanSquaredError' });

  const training = toTensors(split.training);
  const validation = toTensors(split.validation);
  const random = seededRandom(options.seed, 1);
  const epochs: EpochLoss[] = [];
  let step = 0;
  try {
    while (epochs.length < options.epochs && Number.isFinite(epochs.at(-1)?.loss ?? 0)) {
      const epoch = epochs.length + 1;
      const order = shuffledIndices(training.rows, random);
      let sum = 0;
      for (let start = 0; start < order.length; start += options.batchSize) {
        signal.throwIfAborted();
        const batch = order.slice(start, start + options.batchSize);
        sum += batch.length * (await trainOnRows(net, training, batch));
        step += 1;
        observer.step({ epoch, step });
        await setImmediate();
      }
      epochs.push({ epoch, loss: sum / order.length });
      observer.epoch({ epoch, loss: sum / order.length });
    }
    const last = epochs.at(-1);
    return {
      clipping,
      transform: transform.toJSON(),
      epochs,
      trainingLoss: evaluate(net, training),
      validationLoss: evaluate(net, validation),
      gradients: log.summary(),
      divergedInEpoch: last === undefined || Number.isFinite(last.loss) ? undefined : last.epoch,
    };
  } finally {
    tf.dispose([training.inputs, training.targets, validation.inputs, validation.targets]);
    net.dispose();
    optimizer.dispose();
  }
}

interface Tensors {
  readonly rows: number;
  readonly inputs: tf.Tensor;
  readonly targets: tf.Tensor;
}

function toTensors(dataset: Dataset): Tensors {
  return {
    rows: rowCount(dataset),
    inputs: columnsToTensor(dataset.predictors),
    targets: columnsToTensor(dataset.targets),
  };
}

function columnsToTensor(columns: readonly Column[]): tf.Tensor {
  return tf.tidy(() =>
    tf.stack(columns.map(({ values }) => tf.tensor1d([...values], 'float32'))).transpose(),
  );
}

async function trainOnRows(
  net: tf.Sequential,
  { inputs, targets }: Tensors,
  rows: number[],
): Promise<number> {
  const chosen = tf.tensor1d(rows, 'int32');
  const [input, target] = [tf.gather(inputs, chosen), tf.gather(targets, chosen)];
  const losses = await net.trainOnBatch(input, target);
  tf.dispose([chosen, input, target]);
  return firstNumber(losses);
}

function evaluate(net: tf.Sequential, { rows, inputs, targets }: Tensors): number {
  return tf.tidy(() => {
    const [loss] = [net.evaluate(inputs, targets, { batchSize: rows })].flat();
    return firstNumber(loss === undefined ? [] : [...loss.dataSync()]);
  });
}

function firstNumber(losses: number | readonly number[]): number {
  return typeof losses === 'number' ? losses : (losses[0] ?? NaN);
}
