import { checkOptionNames, sizeOfShape } from '@gradkit/core';
import {
  checkEvery,
  createTrainingLog,
  requireMethods,
  type ReportingOptimizer,
  type TrainingLog,
} from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs-core';

/** What `tf.node.summaryFileWriter` makes. */
export interface SummaryWriter {
  scalar(name: string, value: number, step: number): void;
  histogram(name: string, data: tf.Tensor, step: number): void;
  flush(): void;
}

/** Where summaries go, and how many. */
export interface TensorBoardOptions {
  /** `tf.node.summaryFileWriter(folder, 1000)`: it writes to disk each so many numbers, and the ten that it takes by default slow a step. */
  readonly writer: SummaryWriter;
  /** Each so many steps numbers are written, beginning with the first. Default: 10. */
  readonly every?: number;
  /** Each so many steps histograms of the gradients are written, beginning with the first; Infinity for none. Default: 500. */
  readonly histogramsEvery?: number;
}

/** A histogram is of no more entries than this: TensorFlow.js makes it with thirty numbers for each. */
const largestSample = 4096;

/**
 * Writes what an optimizer reports for TensorBoard: `loss`, every report by its path (`clipByGlobalNorm/norm`,
 * `clipByGlobalNorm/scale`, `clipByValue/clippedFraction`), learning rates, and histograms of the gradients before they are
 * transformed (`gradients/<variable>`, of at most 4,096 spread entries). The result is a callback of `model.fit`.
 *
 * A report of each leaf is a number for each: it is written under the leaf's name. A gradient of one number is a number, not a
 * histogram; where NaN or an infinity is among the entries, there is none, and the norm shows it.
 * @throws {InvalidOptionError} if `writer` is no writer of summaries, the optimizer does not report, `every` or `histogramsEvery` is not a whole number of at least 1, or an option is unknown.
 * @example
 * const log = tensorBoard(optimizer, { writer: tf.node.summaryFileWriter('logs/run1', 1000) });
 * await model.fit(x, y, { callbacks: log });
 */
export function tensorBoard(optimizer: ReportingOptimizer, options: TensorBoardOptions): TrainingLog {
  checkOptionNames('tensorBoard', options, ['writer', 'every', 'histogramsEvery']);
  const { writer, every = 10, histogramsEvery = 500 } = options;
  requireMethods('its writer', writer, ['scalar', 'histogram', 'flush']);
  if (histogramsEvery !== Infinity) checkEvery('histogramsEvery', histogramsEvery);
  const log = createTrainingLog(optimizer, {
    every,
    flush: () => writer.flush(),
    write: ({ step, loss, values, leafValues, learningRates }) => {
      const leaves = Object.entries(leafValues).flatMap(([path, numbers]) =>
        Array.from(numbers, ([leaf, value]): [string, number] => [`${tagOf(path)}/${leaf}`, value]),
      );
      const numbers = [...Object.entries(values), ...Object.entries(learningRates)];
      if (loss !== undefined) writer.scalar('loss', loss, step);
      for (const [path, value] of numbers) writer.scalar(tagOf(path), value, step);
      for (const [tag, value] of leaves) writer.scalar(tag, value, step);
    },
  });
  const stop = optimizer.onGradients((step, gradients) => {
    if (histogramsEvery === Infinity || step % histogramsEvery !== 0) return;
    for (const [name, tensor] of gradients) writeHistogram({ writer, name, tensor, step });
  });
  return {
    ...log,
    close: () => {
      stop();
      log.close();
    },
  };
}

function writeHistogram(of: { writer: SummaryWriter; name: string; tensor: tf.Tensor; step: number }): void {
  const { writer, name, tensor, step } = of;
  const tag = `gradients/${name}`;
  if (tensor.size === 1) writer.scalar(tag, tensor.dataSync()[0] ?? NaN, step);
  if (tensor.size < 2) return;
  tf.tidy(() => {
    const stride = sampleStride(tensor.shape);
    const sample = tf.stridedSlice(tf.reshape(tensor, [tensor.size]), [0], [tensor.size], [stride]);
    const [least = NaN, greatest = NaN] = tf.stack([tf.min(sample), tf.max(sample)]).dataSync();
    if (!Number.isFinite(least) || !Number.isFinite(greatest)) return;
    // tfjs-node fails on equal numbers, because it joins scalars; so these are set apart by less than a bar is wide.
    const apart = Math.max(Math.abs(least) * 1e-3, 1e-12);
    const isOneNumber = least === greatest;
    const data = isOneNumber ? tf.add(sample, tf.linspace(-apart, apart, sample.size)) : sample;
    writer.histogram(tag, data, step);
  });
}

/** How far apart entries are taken: with a stride that divides a row, each row would be seen at the same few columns. */
export function sampleStride(shape: readonly number[]): number {
  const columns = shape.at(-1) ?? 1;
  let stride = Math.ceil(sizeOfShape(shape) / largestSample);
  while (greatestCommonDivisor(stride, columns) > 1) stride++;
  return stride;
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}

/** TensorBoard groups by what stands before a slash. */
function tagOf(path: string): string {
  return path.replaceAll('.', '/');
}
