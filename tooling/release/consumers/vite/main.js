import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, createStepper } from '@gradkit/core';
import { sgd } from '@gradkit/optimizers';
import { wasmEngine } from '@gradkit/wasm';

const threads = typeof process === 'undefined' ? 1 : Number(process.env.THREADS ?? 1);
const gradient = new Float32Array(300_000);
gradient.set([3, 4]);
const stepper = createStepper(
  chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 1 })),
  { w: new Float32Array(300_000) },
  { engine: await wasmEngine({ threads }) },
);
for (let step = 0; step < 20; step++) {
  stepper.step({ w: gradient });
  await new Promise((resolve) => setTimeout(resolve, 5));
}
console.log(Array.from(stepper.params().w.subarray(0, 2), (value) => value.toFixed(3)).join());
