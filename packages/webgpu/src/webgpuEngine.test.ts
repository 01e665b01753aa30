import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, createDeviceStepper, createStepper, referenceEngine } from '@gradkit/core';
import { requestTestDevice } from '@gradkit/gpu';
import { adam } from '@gradkit/optimizers';
import { expect, test } from 'vitest';
import { webgpuEngine } from './webgpuEngine.ts';

const device = await requestTestDevice();

test.skipIf(device === undefined)(
  'clip and Adam on four leaves give the numbers of the reference',
  async () => {
    if (device === undefined) return;
    const make = (): ReturnType<typeof chain> =>
      chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.1 }));
    const params = {
      kernel: { values: Float32Array.from({ length: 50 }, (_, index) => Math.sin(index)), shape: [10, 5] },
      bias: { values: new Float32Array(5), shape: [5] },
      head: { values: Float32Array.from({ length: 10 }, (_, index) => Math.cos(index)), shape: [5, 2] },
      offset: { values: new Float32Array(2), shape: [2] },
    };
    const gradients = Object.fromEntries(
      Object.entries(params).map(([name, { values }]) => [
        name,
        values.map((value, index) => value + 0.1 * index - 0.3),
      ]),
    );
    const reference = createStepper(make(), params, { engine: referenceEngine() });
    const stepper = await createDeviceStepper(make(), params, { engine: webgpuEngine(device) });
    for (let step = 0; step < 5; step++) {
      reference.step(gradients);
      stepper.step(gradients);
    }
    const wanted = reference.params();
    for (const [name, values] of Object.entries(await stepper.params()))
      values.forEach((value, index) => expect(value).toBeCloseTo(wanted[name]?.[index] ?? NaN, 6));
    expect((await stepper.report())?.values['clipByGlobalNorm.norm']).toBeCloseTo(
      reference.report()?.values['clipByGlobalNorm.norm'] ?? NaN,
      5,
    );
    stepper.dispose();
  },
);
