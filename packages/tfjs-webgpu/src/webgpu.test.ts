import { clipByGlobalNorm } from '@gradkit/clip-norm';
import {
  chain,
  createDeviceStepper,
  createStepper,
  type GradientTransform,
  type LeafValues,
  type StateTree,
} from '@gradkit/core';
import { countDevice, requestTestAdapter, type DeviceCounts } from '@gradkit/gpu';
import { adam } from '@gradkit/optimizers';
import { register, toOptimizer, wrapOptimizer, type Binding } from '@gradkit/tfjs';
import { webgpuEngine } from '@gradkit/webgpu';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { requireWebgpuBackend } from './tensorBuffers.ts';
import { webgpu } from './webgpu.ts';

const adapter = await requestTestAdapter();
const binding = webgpu({ workgroupSize: 64 });
const transform = (learningRate = 0.01): GradientTransform<StateTree, 'updates'> =>
  chain(clipByGlobalNorm({ maxNorm: 0.1 }), adam({ learningRate }));

// glorotUniform of older versions forgets its seed.
const dense = (
  units: number,
  seed: number,
  rest: { inputShape?: number[]; activation?: 'relu' } = {},
): tf.layers.Layer =>
  tf.layers.dense({ units, kernelInitializer: tf.initializers.glorotNormal({ seed }), ...rest });

const simpleNet = (): tf.Sequential =>
  tf.sequential({ layers: [dense(5, 1, { inputShape: [10], activation: 'relu' }), dense(2, 2)] });

/** Twelve layers, 24 variables. */
const deepNet = (): tf.Sequential =>
  tf.sequential({
    layers: [
      dense(32, 1, { inputShape: [10], activation: 'relu' }),
      ...Array.from({ length: 10 }, (_, layer) => dense(32, layer + 2, { activation: 'relu' })),
      dense(2, 12),
    ],
  });

const inputs = (): tf.Tensor2D =>
  tf.tensor2d(
    Array.from({ length: 320 }, (_, index) => Math.sin(index)),
    [32, 10],
  );
const targets = (): tf.Tensor2D =>
  tf.tensor2d(
    Array.from({ length: 64 }, (_, index) => Math.cos(index)),
    [32, 2],
  );

function lossOf(model: tf.Sequential, x: tf.Tensor, y: tf.Tensor): () => tf.Scalar {
  return () => tf.losses.meanSquaredError(y, tensorOf(model.apply(x))).asScalar();
}

function tensorOf(value: unknown): tf.Tensor {
  if (value instanceof tf.Tensor) return value;
  throw new Error('The model gave no tensor.');
}

/** What a loop of one's own did: its losses, its first weights, and the gradients of each step if they were to be recorded. */
interface Training {
  readonly losses: number[];
  readonly start: Record<string, LeafValues>;
  readonly gradients: Record<string, Float32Array>[];
}

/** Takes steps on one backend; gradients are recorded on the CPU's, where they are at hand. */
async function train(
  backend: 'cpu' | 'webgpu',
  make: () => tf.Sequential,
  { steps, bound, learningRate }: { steps: number; bound: Binding | undefined; learningRate: number },
): Promise<Training> {
  await tf.setBackend(backend);
  const model = make();
  const optimizer = toOptimizer(transform(learningRate), bound === undefined ? {} : { binding: bound });
  const [x, y] = [inputs(), targets()];
  const training: Training = { losses: [], start: {}, gradients: [] };
  for (const { name, shape, read } of backend === 'cpu' ? weightsOf(model) : [])
    training.start[name] = { values: Float32Array.from(read().dataSync()), shape };
  for (let step = 0; step < steps; step++) {
    const { value, grads } = tf.variableGrads(lossOf(model, x, y));
    if (backend === 'cpu') {
      const values = Object.entries(grads).map(([name, grad]) => [name, Float32Array.from(grad.dataSync())]);
      training.gradients.push(Object.fromEntries(values));
    }
    optimizer.applyGradients(grads);
    training.losses.push((await value.data())[0] ?? NaN);
    tf.dispose([value, grads]);
  }
  optimizer.dispose();
  model.dispose();
  tf.dispose([x, y]);
  await tf.setBackend('webgpu');
  return training;
}

function weightsOf(model: tf.Sequential): { name: string; shape: number[]; read: () => tf.Tensor }[] {
  return model.trainableWeights.map((weight) => {
    const { name } = weight;
    const read = (): tf.Tensor => tensorOf(weight.read());
    return { name, shape: read().shape, read };
  });
}

/** How far the parameters are from the reference's after the steps of a recorded training, leaf by leaf, as shares of their norms. */
async function errorsOnRecorded(
  { start, gradients }: Training,
  learningRate: number,
): Promise<Record<string, number>> {
  const reference = createStepper(transform(learningRate), start);
  const stepper = await createDeviceStepper(transform(learningRate), start, {
    engine: webgpuEngine(requireWebgpuBackend().device, { workgroupSize: 64 }),
  });
  for (const given of gradients) {
    reference.step(given);
    stepper.step(given);
  }
  const wanted = reference.params();
  const errors = Object.entries(await stepper.params()).map(([name, values]) => {
    const error = Math.hypot(...values.map((value, index) => value - (wanted[name]?.[index] ?? NaN)));
    return [name, error / Math.hypot(...(wanted[name] ?? []))];
  });
  stepper.dispose();
  return Object.fromEntries(errors);
}

const relativeDifference = (actual: readonly number[], wanted: readonly number[]): number =>
  Math.max(...actual.map((value, index) => Math.abs(value / (wanted[index] ?? NaN) - 1)));

describe.skipIf(adapter === undefined)('on TensorFlow.js with WebGPU', () => {
  beforeAll(async () => {
    await import('@tensorflow/tfjs-backend-webgpu');
    await tf.setBackend('webgpu');
    requireWebgpuBackend();
  });

  test('model.fit trains, reports come, and no tensor is left', async () => {
    const model = simpleNet();
    const optimizer = toOptimizer(transform(), { binding });
    const norms: number[] = [];
    optimizer.onReport(({ values }) => norms.push(values['clipByGlobalNorm.norm'] ?? NaN));
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [inputs(), targets()];
    const fit = async (): Promise<number[]> => {
      const { history } = await model.fit(x, y, { epochs: 5, batchSize: 16, shuffle: false });
      return (history['loss'] ?? []).map(Number);
    };
    const losses = await fit();
    const { numTensors } = tf.memory();
    await fit();
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(losses[4]).toBeLessThan(losses[0] ?? 0);
    // Two batches of five epochs, twice; the last reports are still on their way.
    await expect.poll(() => norms.length).toBe(20);
    expect(norms.every((norm) => norm > 0)).toBe(true);
  });

  test.each([
    [
      'an optimizer',
      () => toOptimizer(chain(clipByGlobalNorm({ maxNorm: 3 }), adam({ learningRate: 0.01 })), { binding }),
    ],
    [
      'a wrapped optimizer',
      () => wrapOptimizer(tf.train.sgd(0.1), clipByGlobalNorm({ maxNorm: 3 }), { binding }),
    ],
  ])('%s that was prepared compiles nothing at its first step', async (_, make) => {
    const model = tf.sequential({ layers: [dense(5, 1, { inputShape: [10] }), dense(3, 2), dense(2, 3)] });
    const [x, y] = [inputs(), targets()];
    const optimizer = make();
    const counter = countDevice(requireWebgpuBackend().device);
    await optimizer.prepare(model.trainableWeights);
    const ahead = counter.reset();
    expect(ahead.pipelines).toBeGreaterThan(0);
    expect(ahead.buffersCreated).toBe(ahead.buffersDestroyed);
    expect(optimizer.iterations).toBe(0);
    const { grads } = tf.variableGrads(lossOf(model, x, y));
    await Promise.all(Object.values(grads).map((gradient) => gradient.data()));
    const created = vi.spyOn(requireWebgpuBackend().device, 'createComputePipeline');
    optimizer.applyGradients(grads);
    const ours = created.mock.calls.filter(([{ label }]) => label === 'gradkit');
    expect(ours).toEqual([]);
    created.mockRestore();
    expect(optimizer.iterations).toBe(1);
  });

  test('a saved model goes on with the bits of the one that was not saved', async () => {
    register(tf, { transforms: { clipByGlobalNorm, adam }, binding });
    const [x, y] = [inputs(), targets()];
    const model = simpleNet();
    model.compile({ optimizer: toOptimizer(transform(), { binding }), loss: 'meanSquaredError' });
    const step = async (net: tf.LayersModel): Promise<number> => Number(await net.trainOnBatch(x, y));
    await step(model);
    await step(model);
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
      { includeOptimizer: true },
    );
    if (saved === undefined) throw new Error('Nothing was saved.');
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved));
    for (let turn = 0; turn < 3; turn++) expect(await step(loaded)).toBe(await step(model));
  });

  // Rounding of the forward and backward pass grows where a ReLU is undecided: through twelve layers of them, by the end of a hundred
  // steps. TensorFlow.js's own optimizer goes as far from the CPU; the README has the numbers.
  test.for([
    { name: 'SimpleNet', make: simpleNet, learningRate: 0.01, closeUntil: 100, everywhere: 1e-5 },
    { name: 'a net of 24 variables', make: deepNet, learningRate: 0.001, closeUntil: 40, everywhere: 0.2 },
  ])(
    '100 live steps of $name follow the losses of the CPU, and on its recorded gradients the parameters are within 1e-5',
    { timeout: 300_000 },
    async ({ name, make, learningRate, closeUntil, everywhere }, { annotate }) => {
      const settings = { steps: 100, learningRate };
      const { losses: onGpu } = await train('webgpu', make, { ...settings, bound: binding });
      const recorded = await train('cpu', make, { ...settings, bound: undefined });
      const { losses: onCpu } = recorded;
      const close = relativeDifference(onGpu.slice(0, closeUntil), onCpu.slice(0, closeUntil));
      const whole = relativeDifference(onGpu, onCpu);
      const shown = [0, 9, 24, 49, 99].map((step) => {
        const [gpu = NaN, cpu = NaN] = [onGpu[step], onCpu[step]];
        return `step ${step + 1}: ${gpu.toFixed(6)} and ${cpu.toFixed(6)}`;
      });
      await annotate(
        `${name}, losses on WebGPU and on the CPU: ${shown.join(', ')}; they differ by at most ` +
          `${close.toExponential(1)} in ${closeUntil} steps and ${whole.toExponential(1)} in 100.`,
      );
      expect(onGpu).toHaveLength(100);
      expect(onGpu[99]).toBeLessThan(0.9 * (onGpu[0] ?? 0));
      expect(close).toBeLessThan(1e-5);
      expect(whole).toBeLessThan(everywhere);

      expect(recorded.gradients).toHaveLength(100);
      const errors = await errorsOnRecorded(recorded, learningRate);
      expect(Object.keys(errors)).toHaveLength(make === simpleNet ? 4 : 24);
      await annotate(
        `${name}, parameters on recorded gradients: off by ${Math.max(...Object.values(errors)).toExponential(1)}.`,
      );
      for (const [leaf, error] of Object.entries(errors)) expect(error, leaf).toBeLessThan(1e-5);
    },
  );

  test('a step asks far less of the device than the same written with the operations of TensorFlow.js', async () => {
    const { device } = requireWebgpuBackend();
    const counter = countDevice(device);
    const counted = async (
      make: () => tf.Sequential,
      apply: (grads: tf.NamedTensorMap) => void,
    ): Promise<DeviceCounts> => {
      const model = make();
      const [x, y] = [inputs(), targets()];
      let counts = counter.reset();
      for (let step = 0; step < 3; step++) {
        const { value, grads } = tf.variableGrads(lossOf(model, x, y));
        await value.data();
        await Promise.all(Object.values(grads).map((gradient) => gradient.data()));
        counter.reset();
        apply(grads);
        counts = counter.reset();
        tf.dispose([value, grads]);
      }
      return counts;
    };
    const written = (): ((grads: tf.NamedTensorMap) => void) => {
      const inner = tf.train.adam(0.01);
      return (grads) =>
        tf.tidy(() => {
          const squares = Object.values(grads).map((gradient) => tf.sum(tf.square(gradient)));
          const norm = tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square)));
          const scale = tf.minimum(1, tf.div(0.1, norm));
          inner.applyGradients(
            Object.fromEntries(
              Object.entries(grads).map(([name, gradient]) => [name, tf.mul(gradient, scale)]),
            ),
          );
        });
    };
    const ours = (): ((grads: tf.NamedTensorMap) => void) => {
      const optimizer = toOptimizer(transform(), { binding });
      return (grads) => optimizer.applyGradients(grads);
    };
    const four = { theirs: await counted(simpleNet, written()), ours: await counted(simpleNet, ours()) };
    expect(four.theirs.dispatches).toBeGreaterThan(60);
    expect(four.ours).toMatchObject({ dispatches: 3, buffersCreated: 0, maps: 0, pipelines: 0 });
    expect(four.ours.submits).toBeLessThanOrEqual(2);
    const many = { theirs: await counted(deepNet, written()), ours: await counted(deepNet, ours()) };
    expect(many.theirs.dispatches).toBeGreaterThan(400);
    expect(many.ours).toMatchObject({ dispatches: 2, buffersCreated: 0, maps: 0, pipelines: 0 });
    expect(many.ours.submits).toBeLessThanOrEqual(2);
  });

  test(
    '10,000 steps leave the tensors and the buffers of TensorFlow.js as many as they were',
    { timeout: 300_000 },
    async () => {
      // One small variable, because a device that is a program takes its time for each dispatch.
      const w = tf.variable(tf.ones([20]), true, 'flat');
      const optimizer = toOptimizer(transform(), { binding });
      const counter = countDevice(requireWebgpuBackend().device);
      const step = (): void => tf.tidy(() => optimizer.applyGradients({ flat: tf.mul(w, 2) }));
      const take = async (steps: number): Promise<void> => {
        for (let turn = 0; turn < steps; turn++) {
          step();
          if (turn % 50 === 49) await w.data();
        }
      };
      // TensorFlow.js's pool has by then what so many steps between two reads ask for.
      await take(200);
      const { numTensors, numBytes } = tf.memory();
      expect(counter.reset().submits).toBeGreaterThan(0);
      await take(10_000);
      expect(tf.memory()).toMatchObject({ numTensors, numBytes });
      expect(counter.counts.submits).toBeGreaterThanOrEqual(10_000);
      expect(counter.counts.buffersCreated - counter.counts.buffersDestroyed).toBe(0);
    },
  );
});
