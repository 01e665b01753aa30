import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, createDeviceStepper, sizeOfShape, type LeafValues } from '@gradkit/core';
import { countDevice, requestTestDevice, type DeviceCounts } from '@gradkit/gpu';
import { adam } from '@gradkit/optimizers';
import { describe, expect, test } from 'vitest';
import { webgpuEngine } from './webgpuEngine.ts';

const isThere = (await requestTestDevice({ storageBuffers: 10 })) !== undefined;

/** What one step of clip and Adam asks of a device, once everything is set up. */
async function countsOf(
  shapes: Readonly<Record<string, readonly number[]>>,
  storageBuffers: number,
): Promise<DeviceCounts> {
  const device = await requestTestDevice({ storageBuffers });
  if (device === undefined) throw new Error('There is no device.');
  const params = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]): [string, LeafValues] => [
      name,
      { values: new Float32Array(sizeOfShape(shape)).fill(0.5), shape },
    ]),
  );
  const stepper = await createDeviceStepper(
    chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.01 })),
    params,
    { engine: webgpuEngine(device, { workgroupSize: 64 }) },
  );
  for (let step = 0; step < 3; step++) {
    stepper.step();
    await stepper.report();
  }
  const counter = countDevice(device);
  const submits: number[] = [];
  for (let step = 0; step < 5; step++) {
    counter.reset();
    stepper.step();
    submits.push(counter.counts.submits);
    expect(counter.counts.maps).toBeLessThanOrEqual(1);
    expect(counter.counts.buffersCreated).toBe(0);
    await stepper.report();
  }
  expect(submits).toEqual([1, 1, 1, 1, 1]);
  const counts = counter.reset();
  stepper.dispose();
  device.destroy();
  return counts;
}

const large = (count: number): Record<string, readonly number[]> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`kernel${index}`, [4097]]));

/** Four blocks of a transformer and its embeddings: 18 matrices, 34 vectors. */
const transformer: Record<string, readonly number[]> = Object.fromEntries([
  ['tokens', [100, 80]],
  ['positions', [64, 80]],
  ...Array.from({ length: 4 }, (_, block): [string, readonly number[]][] => [
    [`${block}/qkv/kernel`, [80, 240]],
    [`${block}/qkv/bias`, [240]],
    [`${block}/out/kernel`, [80, 80]],
    [`${block}/out/bias`, [80]],
    [`${block}/up/kernel`, [80, 320]],
    [`${block}/up/bias`, [320]],
    [`${block}/down/kernel`, [320, 80]],
    [`${block}/down/bias`, [80]],
    [`${block}/norm1/gamma`, [80]],
    [`${block}/norm1/beta`, [80]],
    [`${block}/norm2/gamma`, [80]],
    [`${block}/norm2/beta`, [80]],
  ]).flat(),
  ['norm/gamma', [80]],
  ['norm/beta', [80]],
]);

describe.skipIf(!isThere)('a step of clip and Adam', () => {
  test.each([
    [4, 8, 3],
    [7, 8, 4],
    [24, 8, 12],
    [24, 10, 9],
  ])(
    'with %i large variables and %i storage buffers takes %i dispatches, one submit and no new buffer',
    async (leaves, buffers, dispatches) => {
      const counts = await countsOf(large(leaves), buffers);
      expect(counts.dispatches).toBe(dispatches);
      expect(counts.dispatches).toBeLessThanOrEqual(Math.ceil(leaves / 7) + Math.ceil(leaves / 3));
      expect(counts.copies).toBe(1);
    },
  );

  test('with the 52 leaves of a small transformer takes at most 20 dispatches', async () => {
    expect(Object.keys(transformer)).toHaveLength(52);
    const { dispatches } = await countsOf(transformer, 8);
    expect(dispatches).toBe(9);
  });
});
