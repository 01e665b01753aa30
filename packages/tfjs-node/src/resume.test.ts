import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { accumulate, chain } from '@gradkit/core';
import { useNativeInTests } from '@gradkit/libtensorflow';
import { adam, sgd } from '@gradkit/optimizers';
import { register, toOptimizer, wrapOptimizer } from '@gradkit/tfjs';
import type * as tfjsNode from '@tensorflow/tfjs-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadTensorFlow } from './loadTensorFlow.ts';
import { node } from './node.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradkit-resume-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!useNativeInTests())('a model on tfjs-node', () => {
  let tf: typeof tfjsNode;

  beforeAll(async () => {
    tf = await loadTensorFlow();
    register(tf, { transforms: { clipByGlobalNorm, adam, sgd }, binding: node() });
  });

  const clippedAdam = () => chain(clipByGlobalNorm({ maxNorm: 0.1 }), adam({ learningRate: 0.05 }));

  // glorotUniform of older versions forgets its seed.
  const seeded = (seed: number) => tf.initializers.glorotNormal({ seed });

  /** Large enough that its first kernel is copied by TensorFlow. */
  function simpleNet(): tfjsNode.Sequential {
    return tf.sequential({
      layers: [
        tf.layers.dense({ units: 500, inputShape: [10], activation: 'relu', kernelInitializer: seeded(1) }),
        tf.layers.dense({ units: 2, kernelInitializer: seeded(2) }),
      ],
    });
  }

  async function losses(model: tfjsNode.LayersModel, steps: number): Promise<number[]> {
    const x = tf.tensor2d(
      Array.from({ length: 8 }, (_, row) =>
        Array.from({ length: 10 }, (_unused, column) => Math.sin(row * 10 + column)),
      ),
    );
    const y = tf.tensor2d(Array.from({ length: 8 }, (_, row) => [Math.cos(row), Math.sin(row)]));
    const result: number[] = [];
    for (let step = 0; step < steps; step++) result.push(Number(await model.trainOnBatch(x, y)));
    tf.dispose([x, y]);
    return result;
  }

  const optimizers = {
    toOptimizer: () => toOptimizer(clippedAdam(), { binding: node() }),
    'toOptimizer in the middle of an accumulation': () =>
      toOptimizer(accumulate(clippedAdam(), { every: 4 }), { binding: node() }),
    wrapOptimizer: () =>
      wrapOptimizer(tf.train.adam(0.05), clipByGlobalNorm({ maxNorm: 0.1 }), { binding: node() }),
  } as const;

  test.each(Object.entries(optimizers))('resumes with the same bits from a file: %s', async (name, make) => {
    const model = simpleNet();
    model.compile({ optimizer: make(), loss: 'meanSquaredError' });
    await losses(model, 6);
    const place = pathToFileURL(join(folder, name)).href;
    await model.save(place, { includeOptimizer: true });
    const again = await tf.loadLayersModel(`${place}/model.json`);
    const [goesOn, resumed] = [await losses(model, 9), await losses(again, 9)];
    expect(resumed).toEqual(goesOn);
    expect(new Set(goesOn).size).toBeGreaterThan(1);
  });

  test('goes on from weights that are set by hand, and leaves those as they were', async () => {
    const model = simpleNet();
    model.compile({ optimizer: optimizers.toOptimizer(), loss: 'meanSquaredError' });
    const start = model.getWeights().map((weight) => weight.clone());
    const numbers = (): number[][] => start.map((weight) => Array.from(weight.dataSync()));
    const before = numbers();
    const [first] = await losses(model, 3);
    model.setWeights(start);
    expect(await losses(model, 1)).toEqual([first]);
    expect(numbers()).toEqual(before);
  });

  test('trains in model.fit', async () => {
    const model = simpleNet();
    model.compile({ optimizer: optimizers.toOptimizer(), loss: 'meanSquaredError' });
    const [x, y] = [tf.randomNormal([64, 10], 0, 1, 'float32', 1), tf.zeros([64, 2])];
    const { history } = await model.fit(x, y, { epochs: 12, shuffle: false });
    expect(Number(history['loss']?.at(-1))).toBeLessThan(Number(history['loss']?.[0]));
  });
});
