import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, createDeviceStepper } from '@gradkit/core';
import { countDevice, requestTestDevice } from '@gradkit/gpu';
import { adam } from '@gradkit/optimizers';
import { expect, test } from 'vitest';
import { webgpuEngine } from './webgpuEngine.ts';

const device = await requestTestDevice();

test.skipIf(device === undefined)(
  'the shaders of a structure are compiled once, whatever the sizes and however many dispatches need them',
  async () => {
    if (device === undefined) return;
    const counter = countDevice(device);
    const engine = webgpuEngine(device, { workgroupSize: 64 });
    const open = async (size: number): Promise<number> => {
      const params = Object.fromEntries(
        Array.from({ length: 7 }, (_, leaf) => [`leaf${leaf}`, new Float32Array(size + leaf)]),
      );
      const before = counter.counts.pipelines;
      const stepper = await createDeviceStepper(
        chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.1 })),
        params,
        { engine },
      );
      stepper.step();
      await stepper.report();
      stepper.dispose();
      return counter.counts.pipelines - before;
    };
    // The first state, the norm, the update, and the update that commits the step.
    expect(await open(5000)).toBe(4);
    expect(await open(6000)).toBe(0);
  },
);
