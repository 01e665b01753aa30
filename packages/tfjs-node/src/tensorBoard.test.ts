import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, InvalidOptionError } from '@gradkit/core';
import { useNativeInTests } from '@gradkit/libtensorflow';
import { sgd } from '@gradkit/optimizers';
import { toOptimizer } from '@gradkit/tfjs';
import type * as tfjsNode from '@tensorflow/tfjs-node';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { loadTensorFlow } from './loadTensorFlow.ts';
import { node } from './node.ts';
import { sampleStride, tensorBoard, type SummaryWriter } from './tensorBoard.ts';

describe.skipIf(!useNativeInTests())('tensorBoard', () => {
  let tf: typeof tfjsNode;

  beforeAll(async () => {
    tf = await loadTensorFlow();
  });

  afterEach(() => tf.disposeVariables());

  const clipped = () =>
    toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 0.5 })), { binding: node() });

  /** A writer that writes down what it is told. */
  function notes(): SummaryWriter & {
    readonly scalars: string[];
    readonly histograms: [string, number, number][];
  } {
    const [scalars, histograms]: [string[], [string, number, number][]] = [[], []];
    return {
      scalars,
      histograms,
      scalar: (name, value, step) => void scalars.push(`${step} ${name} ${value.toFixed(2)}`),
      histogram: (name, data, step) => void histograms.push([name, data.size, step]),
      flush: () => void scalars.push('flush'),
    };
  }

  test('writes loss, norm, clip factor and learning rate, each second step if told so', () => {
    tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const [optimizer, writer] = [clipped(), notes()];
    const log = tensorBoard(optimizer, { writer, every: 2, histogramsEvery: Infinity });
    for (let step = 0; step < 4; step++) {
      optimizer.applyGradients({ w: tf.tensor1d([3, 4]) });
      log.loss(step);
    }
    log.close();
    expect(writer.scalars).toEqual([
      '0 loss 0.00',
      '0 clipByGlobalNorm/norm 5.00',
      '0 clipByGlobalNorm/scale 0.20',
      '0 sgd/learningRate 0.50',
      '2 loss 2.00',
      '2 clipByGlobalNorm/norm 5.00',
      '2 clipByGlobalNorm/scale 0.20',
      '2 sgd/learningRate 0.50',
      'flush',
    ]);
    expect(writer.histograms).toEqual([]);
  });

  test('samples large gradients, and leaves out what is not finite', () => {
    for (const [name, size] of [
      ['one', 1],
      ['few', 3],
      ['many', 10_000],
      ['none', 0],
      ['bad', 2],
    ] as const)
      tf.variable(tf.zeros([size]), true, name);
    const [optimizer, writer] = [clipped(), notes()];
    const log = tensorBoard(optimizer, { writer, histogramsEvery: 2 });
    const gradients = (): tfjsNode.NamedTensorMap => ({
      one: tf.tensor1d([5]),
      few: tf.zeros([3]),
      many: tf.range(0, 10_000),
      none: tf.zeros([0]),
      bad: tf.tensor1d([1, NaN]),
    });
    for (let step = 0; step < 3; step++) optimizer.applyGradients(gradients());
    log.close();
    // Each third of 10,000 entries.
    expect(writer.histograms).toEqual(
      [0, 2].flatMap((step) => [
        ['gradients/few', 3, step],
        ['gradients/many', 3334, step],
      ]),
    );
    expect(writer.scalars).toContain('2 gradients/one 5.00');
  });

  test('writes a file that names all of it, from model.fit, and leaves no tensor behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradkit-tensorboard-'));
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2], name: 'layer' })] });
    const optimizer = clipped();
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const writer = tf.node.summaryFileWriter(folder, 1000);
    const log = tensorBoard(optimizer, { writer, every: 1, histogramsEvery: 1 });
    const [x, y] = [tf.ones([4, 2]), tf.zeros([4, 3])];
    const fit = () => model.fit(x, y, { epochs: 3, callbacks: log });
    await fit();
    const before = tf.memory().numTensors;
    await fit();
    expect(tf.memory().numTensors).toBe(before);
    log.close();
    const [file = ''] = readdirSync(folder);
    const text = readFileSync(join(folder, file), 'latin1');
    for (const tag of [
      'loss',
      'clipByGlobalNorm/norm',
      'clipByGlobalNorm/scale',
      'sgd/learningRate',
      'gradients/layer/kernel',
    ])
      expect(text.split(tag).length - 1, tag).toBe(6);
    rmSync(folder, { recursive: true });
  });

  test('says what is wrong with an option', () => {
    const writer = notes();
    expect(() => tensorBoard(clipped(), { writer, histogramsEvery: 0 })).toThrow(InvalidOptionError);
    expect(() => tensorBoard(clipped(), { writer, every: 0.5 })).toThrow(/whole number/);
  });
});

test('a sample of a matrix takes entries of every column, also where a row has as many as a power of two', () => {
  const [rows, columns] = [1024, 1024];
  const stride = sampleStride([rows, columns]);
  const seen = new Set(
    Array.from({ length: Math.ceil((rows * columns) / stride) }, (_, index) => (index * stride) % columns),
  );
  expect(seen.size).toBe(columns);
  expect(sampleStride([5, 3])).toBe(1);
});

test('what is no writer is refused at once', () => {
  const optimizer = toOptimizer(sgd({ learningRate: 1 }));
  for (const writer of [undefined, 'logs', {}])
    expect(() => Reflect.apply(tensorBoard, undefined, [optimizer, { writer }])).toThrow(
      /its writer.*scalar/,
    );
});
