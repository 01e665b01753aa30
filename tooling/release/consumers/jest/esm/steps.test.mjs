import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, createStepper, InvalidOptionError } from '@gradkit/core';
import { sgd } from '@gradkit/optimizers';
import { toOptimizer } from '@gradkit/tfjs';
import { cpu } from '@gradkit/tfjs-cpu';
import { wasmEngine } from '@gradkit/wasm';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

const transform = () => chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 1 }));
const clipped = [-Math.fround(0.6), -Math.fround(0.8)];

test('a gradient of (3, 4) is clipped to norm 1', () => {
  const stepper = createStepper(transform(), { w: new Float32Array(2) });
  stepper.step({ w: Float32Array.of(3, 4) });
  expect(Array.from(stepper.params().w)).toEqual(clipped);
});

test.each([1, 2])('the wasm engine gives the same on %i threads', async (threads) => {
  const parameters = new Float32Array(300_000);
  const gradient = new Float32Array(300_000);
  gradient.set([3, 4]);
  const stepper = createStepper(transform(), { w: parameters }, { engine: await wasmEngine({ threads }) });
  for (let step = 0; step < 20; step++) {
    stepper.step({ w: gradient });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(stepper.params().w[0]).toBeCloseTo(-12, 4);
  expect(stepper.params().w[1]).toBeCloseTo(-16, 4);
  stepper.dispose();
});

test('a variable of TensorFlow.js takes the step', async () => {
  await tf.setBackend('cpu');
  const variable = tf.variable(tf.tensor1d([0, 0]), true, 'w');
  toOptimizer(transform(), { binding: cpu() }).applyGradients({ w: tf.tensor1d([3, 4]) });
  expect(Array.from(variable.dataSync())).toEqual(clipped);
});

test('what cannot be meant is refused', () => {
  expect(() => clipByGlobalNorm({ maxNorm: -1 })).toThrow(InvalidOptionError);
});
