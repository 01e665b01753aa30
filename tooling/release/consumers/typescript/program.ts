import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { clipByValue } from '@gradkit/clip-value';
import { chain, createStepper, InvalidOptionError, type Engine, type Stepper } from '@gradkit/core';
import { sgd } from '@gradkit/optimizers';
import { constant } from '@gradkit/schedules';
import { wasmEngine } from '@gradkit/wasm';
import { createWasmEngine } from '@gradkit/wasm/binding';

const engine: Engine = createWasmEngine();
const stepper: Stepper = createStepper(
  chain(
    clipByValue({ limit: 100 }),
    clipByGlobalNorm({ maxNorm: 1 }),
    sgd({ learningRate: constant({ value: 1 }) }),
  ),
  { w: new Float32Array(2) },
  { engine },
);
stepper.step({ w: Float32Array.of(3, 4) });
const name: Promise<string> = wasmEngine().then((made) => made.name);
let refused = '';
try {
  clipByGlobalNorm({ maxNorm: -1 });
} catch (error) {
  if (error instanceof InvalidOptionError) refused = error.message;
}
name.then((made) => {
  const values: number[] = Array.from(stepper.params()['w'] ?? []);
  console.log(values.map((value) => value.toFixed(3)).join(), made !== '', refused !== '');
});
