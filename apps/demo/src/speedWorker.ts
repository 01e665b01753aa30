import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain } from '@gradkit/core';
import { adam } from '@gradkit/optimizers';
import { toOptimizer, type Binding } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { backendNames, backendTitles, type BackendName } from './backendNames.ts';
import { backends } from './backends.ts';
import { countCalls } from './countCalls.ts';
import { seededRandom } from './seededRandom.ts';
import type { SpeedAnswer } from './speedMessages.ts';

/** Shapes of the nets that are measured: SimpleNet, and square layers. */
const nets: readonly (readonly (readonly number[])[])[] = [
  [[10, 5], [5], [5, 2], [2]],
  layers(4, 16),
  layers(4, 50),
  layers(4, 158),
  layers(4, 500),
];

const millisecondsARound = 120;
const rounds = 3;

function layers(count: number, width: number): (readonly number[])[] {
  return Array.from({ length: count }, () => [width, width]);
}

function answer(message: SpeedAnswer): void {
  postMessage(message, { transfer: [] });
}

addEventListener('message', () => void measureAll());

async function measureAll(): Promise<void> {
  tf.enableProdMode();
  for (const backend of backendNames) {
    try {
      const { binding } = await backends[backend]({ asked: true });
      for (const shapes of nets) await measure(backend, shapes, binding);
    } catch (error) {
      answer({ type: 'missing', backend, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  answer({ type: 'done' });
}

async function measure(
  backend: BackendName,
  shapes: readonly (readonly number[])[],
  binding: Binding | undefined,
): Promise<void> {
  const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
  const parameters = sizes.reduce((a, b) => a + b, 0);
  answer({ type: 'progress', text: `${backendTitles[backend]}: ${parameters} parameters` });
  const random = seededRandom(1, 0);
  const draw = (size: number): Float32Array => Float32Array.from({ length: size }, () => random.normal());
  const variables = shapes.map((shape, index) =>
    tf.tidy(() => tf.variable(tf.tensor(draw(sizes[index] ?? 0), [...shape]), true, `speed/${index}`)),
  );
  const gradients = Object.fromEntries(
    shapes.map((shape, index): [string, tf.Tensor] => [
      `speed/${index}`,
      tf.tensor(draw(sizes[index] ?? 0), [...shape]),
    ]),
  );

  const theirs = tf.train.adam(1e-3);
  const tfjsStep = (): void => tf.tidy(() => theirs.applyGradients(clipInOperations(gradients)));
  const ours = toOptimizer(
    chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1e-3 })),
    binding === undefined ? {} : { binding },
  );
  const ourStep = (): void => tf.tidy(() => ours.applyGradients(gradients));
  const settle = async (): Promise<void> => {
    await Promise.all(variables.map(async (variable) => variable.data()));
  };

  const tfjs = await timeStep(tfjsStep, settle);
  const tfjsCalls = await countCalls(tfjsStep);
  const gradkit = await timeStep(ourStep, settle);
  const gradkitCalls = await countCalls(ourStep);
  answer({
    type: 'result',
    result: {
      backend,
      binding: binding?.name,
      parameters,
      leaves: shapes.length,
      tfjs,
      gradkit,
      tfjsCalls,
      gradkitCalls,
    },
  });
  theirs.dispose();
  ours.dispose();
  tf.dispose([...variables, ...Object.values(gradients)]);
}

/** Clipping by global norm as it is written where nothing offers it. */
function clipInOperations(
  gradients: Readonly<Record<string, tf.Tensor>>,
): { readonly name: string; readonly tensor: tf.Tensor }[] {
  const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
  // Not addN, which is broken on WebGPU for more than seven tensors.
  const norm = tf.sqrt(squares.reduce((a, b) => tf.add(a, b)));
  const factor = tf.minimum(1, tf.div(1, norm));
  return Object.entries(gradients).map(([name, gradient]) => ({ name, tensor: tf.mul(gradient, factor) }));
}

async function timeStep(step: () => void, settle: () => Promise<void>): Promise<number> {
  // The first steps compile shaders and make room for state.
  for (let warm = 0; warm < 3; warm++) step();
  await settle();
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    let steps = 0;
    do {
      for (let burst = 0; burst < 4; burst++) step();
      steps += 4;
      await settle();
    } while (performance.now() - start < millisecondsARound);
    best = Math.min(best, (performance.now() - start) / steps);
  }
  return best;
}
