import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, createDeviceStepper, type DeviceStepper } from '@gradkit/core';
import { requestTestDevice } from '@gradkit/gpu';
import { sgd } from '@gradkit/optimizers';
import { describe, expect, test } from 'vitest';
import { DeviceLostError } from './deviceErrors.ts';
import { webgpuEngine } from './webgpuEngine.ts';

const device = await requestTestDevice();
device?.destroy();

/** What each promise comes to; one that is pending after some seconds is `pending`. */
async function outcomesOf(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  const late = new Promise((resolve) => setTimeout(resolve, 5000, 'pending'));
  return Promise.all(
    promises.map(async (promise) =>
      Promise.race([late, promise.then(() => 'done').catch((error: unknown) => error)]),
    ),
  );
}

/** Lets no page of reports come before the device is lost, as if the steps took that long. */
function holdPages(own: GPUDevice): void {
  const createBuffer = own.createBuffer.bind(own);
  own.createBuffer = (descriptor) => {
    const buffer = createBuffer(descriptor);
    if (descriptor.label !== 'gradkit reports') return buffer;
    const mapAsync = buffer.mapAsync.bind(buffer);
    buffer.mapAsync = async (...range) => {
      await own.lost;
      return mapAsync(...range);
    };
    return buffer;
  };
}

async function openStepper(): Promise<{ own: GPUDevice; stepper: DeviceStepper<GPUBuffer> }> {
  const own = await requestTestDevice();
  if (own === undefined) throw new Error('There is no device.');
  const transform = chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 0.5 }));
  const engine = webgpuEngine(own, { workgroupSize: 32 });
  const stepper = await createDeviceStepper(transform, { w: Float32Array.of(1, 2) }, { engine });
  return { own, stepper };
}

describe.skipIf(device === undefined)('when the device is lost', () => {
  test('every report that is asked for comes to an end, whatever page it is on', async () => {
    const { own, stepper } = await openStepper();
    holdPages(own);
    // Three pages are on their way, and the next rows wait on a fourth.
    const reports = Array.from({ length: 12 }, async () => {
      stepper.step({ w: Float32Array.of(3, 4) });
      return stepper.report();
    });
    // By now it is known that the device has refused none of the steps.
    await stepper.params();
    own.destroy();
    for (const outcome of await outcomesOf(reports)) expect(outcome).toBeInstanceOf(DeviceLostError);
  });

  test('what is read, prepared and asked for meanwhile comes to an end', async () => {
    const { own, stepper } = await openStepper();
    stepper.step({ w: Float32Array.of(3, 4) });
    const asked = [
      stepper.params(),
      stepper.getState(),
      stepper.update({ w: Float32Array.of(3, 4) }),
      stepper.report(),
      stepper.prepare(),
    ];
    own.destroy();
    for (const outcome of await outcomesOf(asked))
      expect(outcome === 'done' || outcome instanceof DeviceLostError).toBe(true);
    await own.lost;
    for (const outcome of await outcomesOf([stepper.params(), stepper.getState(), stepper.prepare()]))
      expect(outcome).toBeInstanceOf(DeviceLostError);
    stepper.dispose();
  });

  test('a stepper cannot be made on it, and says why', async () => {
    const { own, stepper } = await openStepper();
    stepper.dispose();
    own.destroy();
    const engine = webgpuEngine(own);
    const made = createDeviceStepper(sgd({ learningRate: 1 }), { w: Float32Array.of(1) }, { engine });
    const [outcome] = await outcomesOf([made]);
    expect(outcome).toBeInstanceOf(DeviceLostError);
  });
});

test.skipIf(device === undefined)(
  'a stepper that is disposed of lets every report come that was asked for',
  async () => {
    const { own, stepper } = await openStepper();
    const reports = Array.from({ length: 12 }, async () => {
      stepper.step({ w: Float32Array.of(3, 4) });
      return stepper.report();
    });
    stepper.dispose();
    expect(await outcomesOf(reports)).toEqual(reports.map(() => 'done'));
    own.destroy();
  },
);
