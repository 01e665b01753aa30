import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { clipByValue } from '@gradkit/clip-value';
import {
  accumulate,
  chain,
  createDeviceStepper,
  createStepper,
  type AnyTransform,
  type LeafValues,
  type Report,
} from '@gradkit/core';
import { countDevice, requestTestDevice } from '@gradkit/gpu';
import { adam, sgd } from '@gradkit/optimizers';
import { describe, expect, test } from 'vitest';
import { DeviceError, DeviceLostError } from './deviceErrors.ts';
import { webgpuEngine } from './webgpuEngine.ts';

const shared = await requestTestDevice();

describe.skipIf(shared === undefined)('a session on a device', () => {
  if (shared === undefined) return;
  const device = shared;
  const engine = webgpuEngine(device, { workgroupSize: 64 });
  const optimizer = (): AnyTransform => chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.1 }));

  const wave = (length: number, phase: number): Float32Array =>
    Float32Array.from({ length }, (_, index) => Math.sin(index * 0.37 + phase));

  /** How far the parameters are from the reference's after three steps. */
  const differenceAfterSteps = async (
    options: Parameters<typeof webgpuEngine>[1] & { on?: GPUDevice },
    params: Record<string, LeafValues>,
    sizes: Record<string, number>,
  ): Promise<number> => {
    const { on = device, ...rest } = options;
    const stepper = await createDeviceStepper(optimizer(), params, {
      engine: webgpuEngine(on, { workgroupSize: 64, ...rest }),
    });
    const reference = createStepper(optimizer(), params);
    for (let step = 0; step < 3; step++) {
      const gradients = Object.fromEntries(
        Object.entries(sizes).map(([name, size], leaf) => [name, wave(size, leaf + step)]),
      );
      stepper.step(gradients);
      reference.step(gradients);
    }
    const actual = await stepper.params();
    stepper.dispose();
    const differences = Object.entries(reference.params()).flatMap(([name, values]) =>
      Array.from(values, (value, index) => Math.abs((actual[name]?.[index] ?? NaN) - value)),
    );
    return Math.max(...differences);
  };

  test('many small leaves share dispatches and give the numbers of the reference', async () => {
    const sizes = Object.fromEntries(Array.from({ length: 12 }, (_, leaf) => [`leaf${leaf}`, 3 + 40 * leaf]));
    const params = Object.fromEntries(
      Object.entries(sizes).map(([name, size], leaf) => [name, wave(size, leaf)]),
    );
    expect(await differenceAfterSteps({}, params, sizes)).toBeLessThan(5e-6);
    expect(await differenceAfterSteps({ packUpTo: 0 }, params, sizes)).toBeLessThan(5e-6);
  });

  test('a leaf larger than a binding is split, and so is the state', async () => {
    // 1,000 numbers fit a binding of 4,096 bytes no more than twice, and their two moments less.
    const limited = await requestTestDevice();
    if (limited === undefined) return;
    const small = limitedBindings(limited, 4096);
    expect(
      await differenceAfterSteps(
        { on: small },
        { a: { values: wave(3000, 0), shape: [1000, 3] }, b: { values: wave(700, 1), shape: [700] } },
        { a: 3000, b: 700 },
      ),
    ).toBeLessThan(5e-6);
    limited.destroy();
  });

  test('subgroup operations give the same bits', async () => {
    const withSubgroups = await requestTestDevice({ subgroups: true });
    if (withSubgroups === undefined || !withSubgroups.features.has('subgroups')) return;
    const norms = await Promise.all(
      [true, false].map(async (subgroups) => {
        const stepper = await createDeviceStepper(
          clipByGlobalNorm({ maxNorm: 1 }),
          { w: wave(5000, 0) },
          { engine: webgpuEngine(withSubgroups, { workgroupSize: 64, subgroups }) },
        );
        const updates = await stepper.update({ w: wave(5000, 2) });
        stepper.dispose();
        return updates['w'];
      }),
    );
    expect(norms[0]).toEqual(norms[1]);
    withSubgroups.destroy();
  });

  test('several steps in flight have each its own learning rate', async () => {
    const stepper = await createDeviceStepper(
      sgd({ learningRate: (step) => 10 ** -step }),
      { w: Float32Array.of(0) },
      { engine },
    );
    for (let step = 0; step < 4; step++) stepper.step({ w: Float32Array.of(-1) });
    expect((await stepper.params())['w']?.[0]).toBeCloseTo(1.111, 6);
    stepper.dispose();
  });

  test('a report comes for every step, in order, and says which it is of', async () => {
    const stepper = await createDeviceStepper(optimizer(), { w: Float32Array.of(1, 2) }, { engine });
    const seen: Report[] = [];
    stepper.onReport((report) => seen.push(report));
    for (let step = 0; step < 300; step++)
      stepper.step({ w: Float32Array.of(3 * (step + 1), 4 * (step + 1)) });
    await stepper.report();
    expect(seen.map(({ step }) => step)).toEqual(Array.from({ length: 300 }, (_, step) => step));
    expect(seen[299]?.values['clipByGlobalNorm.norm']).toBeCloseTo(1500, 2);
    stepper.dispose();
  });

  test('a gradient may lie in the buffer of its own parameter', async () => {
    const stepper = await createDeviceStepper(
      sgd({ learningRate: 0.5 }),
      { w: Float32Array.of(1, 2) },
      { engine },
    );
    const { w } = stepper.buffers();
    if (w === undefined) return;
    stepper.step({ w });
    stepper.step({ w });
    expect((await stepper.params())['w']).toEqual(Float32Array.of(0.25, 0.5));
    stepper.dispose();
  });

  test('state comes back by name, goes in again, and steps go on with the same bits', async () => {
    const gradients = (step: number): Record<string, Float32Array> => ({
      w: wave(20, step),
      b: wave(3, step),
    });
    const params = { w: wave(20, 5), b: wave(3, 6) };
    const first = await createDeviceStepper(accumulate(optimizer(), { every: 2 }), params, { engine });
    for (let step = 0; step < 3; step++) first.step(gradients(step));
    const second = await createDeviceStepper(accumulate(optimizer(), { every: 2 }), await first.params(), {
      engine,
    });
    second.setState(await first.getState());
    for (let step = 3; step < 6; step++) {
      first.step(gradients(step));
      second.step(gradients(step));
    }
    expect(await second.params()).toEqual(await first.params());
    expect(await second.getState()).toEqual(await first.getState());
    first.dispose();
    second.dispose();
  });

  test('a buffer that is too small is an error that names the leaf', async () => {
    const stepper = await createDeviceStepper(
      sgd({ learningRate: 0.5 }),
      { w: Float32Array.of(1, 2) },
      { engine },
    );
    const short = engine.createBuffer({ name: 'short', length: 1 });
    expect(() => stepper.step({ w: short })).toThrow(DeviceError);
    expect(() => stepper.step({ w: short })).toThrow(
      'the gradient of "w" (validation): its buffer has 4 bytes where 8 are needed',
    );
    stepper.dispose();
  });

  test('what the device refuses is an error of the report and of the next step, and in development names pass and leaf', async () => {
    const own = webgpuEngine(device, { workgroupSize: 64, development: true });
    const stepper = await createDeviceStepper(
      sgd({ learningRate: 0.5 }),
      { w: Float32Array.of(1, 2) },
      { engine: own },
    );
    const gone = own.createBuffer({ name: 'gone', length: 2 });
    gone.destroy();
    stepper.step({ w: gone });
    await expect(stepper.report()).rejects.toThrow(/refused pass 1 of 1 of "w" \(validation\)/);
    expect(() => stepper.step({ w: Float32Array.of(1, 1) })).toThrow(DeviceError);
    stepper.dispose();
  });

  test('a gradient that is not finite is an error of its report and of later steps, if that is asked for', async () => {
    const options = { engine, onNonFinite: 'throw' } as const;
    const stepper = await createDeviceStepper(
      optimizer(),
      { w: Float32Array.of(1, 2), b: Float32Array.of(3) },
      options,
    );
    const norms: (number | undefined)[] = [];
    stepper.onReport(({ values }) => norms.push(values['clipByGlobalNorm.norm']));
    const finite = { w: Float32Array.of(3, 0), b: Float32Array.of(4) };
    stepper.step(finite);
    expect((await stepper.report())?.leafValues).toEqual({});
    const before = await stepper.getState();
    stepper.step({ ...finite, b: Float32Array.of(-Infinity) });
    // It is on its way, and nobody knows yet.
    stepper.step(finite);
    await expect(stepper.params()).resolves.toHaveProperty('w');
    await expect.poll(() => norms).toEqual([5, Infinity, 5]);
    expect(() => stepper.step(finite)).toThrow(
      'The gradient of "b" is not finite at step 1; parameters and state have taken it',
    );
    stepper.setState(before);
    stepper.step(finite);
    await expect(stepper.report()).resolves.toMatchObject({ step: 1 });
    await expect(stepper.update({ ...finite, w: Float32Array.of(NaN, 0) })).rejects.toThrow(
      'The gradient of "w" is not finite at step 2',
    );
    stepper.dispose();
    const propagating = await createDeviceStepper(
      sgd({ learningRate: 1 }),
      { w: Float32Array.of(1) },
      { engine },
    );
    propagating.step({ w: Float32Array.of(NaN) });
    expect(await propagating.params()).toEqual({ w: Float32Array.of(NaN) });
    propagating.dispose();
  });

  test('a lost device is an error with the remedy', async () => {
    const doomed = await requestTestDevice();
    if (doomed === undefined) return;
    const stepper = await createDeviceStepper(
      sgd({ learningRate: 0.5 }),
      { w: Float32Array.of(1) },
      { engine: webgpuEngine(doomed) },
    );
    doomed.destroy();
    await doomed.lost;
    expect(() => stepper.step({ w: Float32Array.of(1) })).toThrow(DeviceLostError);
    await expect(stepper.params()).rejects.toThrow('Make a new device');
  });

  test('10,000 steps leave the memory of the device flat', { timeout: 600_000 }, async () => {
    const own = await requestTestDevice();
    if (own === undefined) return;
    const counter = countDevice(own);
    const stepper = await createDeviceStepper(
      chain(clipByValue({ limit: 1 }), optimizer()),
      { w: wave(50, 0), b: wave(5, 1) },
      { engine: webgpuEngine(own, { workgroupSize: 32 }) },
    );
    for (let step = 0; step < 50; step++) {
      stepper.step();
      if (step % 10 === 9) await stepper.report();
    }
    const before = counter.counts.buffersCreated - counter.counts.buffersDestroyed;
    for (let step = 0; step < 10_000; step++) {
      stepper.step();
      if (step % 10 === 9) await stepper.report();
    }
    expect(counter.counts.buffersCreated - counter.counts.buffersDestroyed).toBe(before);
    stepper.dispose();
    expect(counter.counts.buffersCreated - counter.counts.buffersDestroyed).toBe(0);
    own.destroy();
  });
});

/** A device that says that it can bind less than it can. */
function limitedBindings(device: GPUDevice, largest: number): GPUDevice {
  const { limits } = device;
  const less = new Proxy(limits, {
    get: (target, name) =>
      name === 'maxStorageBufferBindingSize' ? largest : Reflect.get(target, name, target),
  });
  return new Proxy(device, {
    get: (target, name) => {
      if (name === 'limits') return less;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
