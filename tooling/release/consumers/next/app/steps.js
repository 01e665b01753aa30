import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, createStepper } from '@gradkit/core';
import { sgd } from '@gradkit/optimizers';

/** What a step with a gradient of (3, 4) makes of (0, 0). */
export function clippedStep(engine) {
  const stepper = createStepper(
    chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 1 })),
    { w: new Float32Array(2) },
    engine === undefined ? {} : { engine },
  );
  stepper.step({ w: Float32Array.of(3, 4) });
  return Array.from(stepper.params().w, (value) => value.toFixed(3)).join();
}
