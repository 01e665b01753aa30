import { clipByGlobalNorm } from '@gradkit/clip-norm';
import {
  chain,
  createDeviceStepper,
  InvalidOptionError,
  TreeMismatchError,
  type AnyTransform,
  type DeviceStepper,
  type LeafValues,
} from '@gradkit/core';
import { countDevice, requestTestDevice } from '@gradkit/gpu';
import { adam, sgd } from '@gradkit/optimizers';
import { describe, expect, test } from 'vitest';
import { DeviceError } from './deviceErrors.ts';
import { webgpuEngine } from './webgpuEngine.ts';

const shared = await requestTestDevice();

describe.skipIf(shared === undefined)(
  'what goes wrong, and what is asked for while steps are on their way',
  () => {
    if (shared === undefined) return;
    const device = shared;
    const engine = webgpuEngine(device, { workgroupSize: 64 });
    const descend = sgd({ learningRate: 1 });
    const clippedAdam: AnyTransform = chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.1 }));
    const ones = (): Float32Array => Float32Array.of(1, 1);
    const open = async (
      transform: AnyTransform = descend,
      params: Readonly<Record<string, LeafValues>> = { w: Float32Array.of(1, 2) },
    ): Promise<DeviceStepper<GPUBuffer>> => createDeviceStepper(transform, params, { engine });

    test('what is read is as it was when it was asked for, whatever is done before it comes', async () => {
      const stepper = await open();
      const before = stepper.params();
      stepper.step({ w: Float32Array.of(3, 4) });
      const updates = [
        stepper.update({ w: Float32Array.of(3, 4) }),
        stepper.update({ w: Float32Array.of(5, 6) }),
      ];
      const after = stepper.params();
      stepper.step({ w: Float32Array.of(100, 100) });
      expect(await before).toEqual({ w: Float32Array.of(1, 2) });
      expect(await Promise.all(updates)).toEqual([
        { w: Float32Array.of(-3, -4) },
        { w: Float32Array.of(-5, -6) },
      ]);
      expect(await after).toEqual({ w: Float32Array.of(-2, -2) });
      stepper.dispose();
    });

    test('what is read comes although the stepper is disposed meanwhile', async () => {
      const stepper = await open(clippedAdam);
      stepper.step({ w: Float32Array.of(3, 4) });
      const reads = [stepper.params(), stepper.getState()] as const;
      stepper.dispose();
      const [params, state] = await Promise.all(reads);
      expect(params['w']?.[0]).toBeCloseTo(0.9, 5);
      // (1 - 0.9) * 3 / 5
      expect(state['adam/firstMoment/w']?.[0]).toBeCloseTo(0.06, 6);
    });

    test('reports that are on their way come although the stepper is disposed meanwhile, and its memory is freed', async () => {
      const own = await requestTestDevice();
      if (own === undefined) return;
      const { counts } = countDevice(own);
      const stepper = await createDeviceStepper(
        clippedAdam,
        { w: ones() },
        { engine: webgpuEngine(own, { workgroupSize: 64 }) },
      );
      const seen: number[] = [];
      stepper.onReport(({ step }) => seen.push(step));
      for (let step = 0; step < 10; step++) stepper.step({ w: Float32Array.of(3, 4) });
      const report = stepper.report();
      stepper.dispose();
      stepper.dispose();
      expect((await report)?.values['clipByGlobalNorm.norm']).toBeCloseTo(5, 5);
      expect(seen).toEqual(Array.from({ length: 10 }, (_, step) => step));
      await expect.poll(() => counts.buffersCreated - counts.buffersDestroyed).toBe(0);
      own.destroy();
    });

    test('a disposed stepper makes no buffers for an update', async () => {
      let made = 0;
      const counting = {
        ...engine,
        createBuffer: (request: Parameters<typeof engine.createBuffer>[0]) => {
          made++;
          return engine.createBuffer(request);
        },
      };
      const stepper = await createDeviceStepper(descend, { w: ones() }, { engine: counting });
      stepper.dispose();
      made = 0;
      await expect(stepper.update({ w: ones() })).rejects.toThrow('This stepper was disposed');
      expect(made).toBe(0);
    });

    test.each([
      [[3, 4], 'is an array'],
      [{}, 'is an object'],
      [{ size: 200, usage: 0x80 }, 'is an object'],
    ])('a gradient %j is an error that names the leaf and says what is wanted', async (gradient, found) => {
      const stepper = await open();
      const step = (): void => Reflect.apply(stepper.step, stepper, [{ w: gradient }]);
      expect(step).toThrow(TreeMismatchError);
      expect(step).toThrow(
        `The gradient of "w" ${found}; it must be a Float32Array of 2 values, a GPUBuffer`,
      );
      stepper.step({ w: ones() });
      expect(await stepper.params()).toEqual({ w: Float32Array.of(0, 1) });
      stepper.dispose();
    });

    test('a step that is refused before it is begun leaves the errors of others on the device alone', async () => {
      const own = await requestTestDevice();
      if (own === undefined) return;
      const errors: string[] = [];
      own.addEventListener('uncapturederror', ({ error }) => errors.push(error.message));
      const ownEngine = webgpuEngine(own, { workgroupSize: 64 });
      const stepper = await createDeviceStepper(descend, { w: ones() }, { engine: ownEngine });
      const short = ownEngine.createBuffer({ name: 'short', length: 1 });
      expect(() => stepper.step({ w: short })).toThrow('4 bytes where 8 are needed');
      own.createBuffer({ size: 2 ** 40, usage: 0x80 });
      await expect.poll(() => errors.length).toBe(1);
      stepper.dispose();
      own.destroy();
    });

    test('a gradient that has to be copied and cannot be is an error at once', async () => {
      const names = Array.from({ length: 12 }, (_, leaf) => `w${leaf}`);
      const gradients = Object.fromEntries(names.map((name) => [name, ones()]));
      const stepper = await open(descend, gradients);
      const storageOnly = device.createBuffer({ size: 8, usage: 0x80 });
      expect(() => stepper.step({ ...gradients, w3: storageOnly })).toThrow(
        /gradient of "w3" \(validation\): its buffer cannot be copied from.*GPUBufferUsage.COPY_SRC/,
      );
      stepper.step(gradients);
      expect((await stepper.params())['w3']).toEqual(Float32Array.of(0, 0));
      stepper.dispose();
    });

    test('reading a buffer that somebody destroyed is an error, not zeros', async () => {
      const stepper = await open();
      stepper.buffers()['w']?.destroy();
      await expect(stepper.params()).rejects.toThrow(DeviceError);
      await expect(stepper.params()).rejects.toThrow('The GPU refused to read "parameter w" (validation)');
      stepper.dispose();
    });

    test('a leaf that is larger than any buffer is an error that names it and says what to ask of the device', async () => {
      const least = withLimits(device, { maxBufferSize: 1024 });
      const made = createDeviceStepper(
        descend,
        { w: new Float32Array(300) },
        { engine: webgpuEngine(least) },
      );
      await expect(made).rejects.toThrow(InvalidOptionError);
      await expect(made).rejects.toThrow(
        /"parameter w" takes 1200 bytes, but a buffer of this device has 1024 at most.*maxBufferSize/,
      );
    });

    test('a device without memory for a leaf is an error of making the stepper, with the remedy', async () => {
      const full = withoutMemoryFor(device, 'parameter w');
      const made = createDeviceStepper(descend, { w: ones() }, { engine: webgpuEngine(full) });
      await expect(made).rejects.toThrow(DeviceError);
      await expect(made).rejects.toThrow(/"parameter w" \(out-of-memory\).*Free memory/);
    });

    test.each([
      [{ development: 1 }, 'development must be true or false, but is 1'],
      [{ subgroups: 'no' }, 'subgroups must be true or false, but is "no"'],
      [{ workgroupSize: '64' }, 'workgroupSize must be a power of two up to 256, but is "64"'],
    ])('the options %j are refused', (options, message) => {
      expect(() => Reflect.apply(webgpuEngine, undefined, [device, options])).toThrow(message);
    });

    test('a listener that throws keeps the report from nobody else', async () => {
      const stepper = await open(clippedAdam);
      const seen: number[] = [];
      stepper.onReport(() => {
        throw new Error('the listener is broken');
      });
      stepper.onReport(({ step }) => seen.push(step));
      stepper.step({ w: ones() });
      await expect(stepper.report()).rejects.toThrow('the listener is broken');
      expect(seen).toEqual([0]);
      stepper.dispose();
    });
  },
);

/** A device in which some members are others. */
function replaced(device: GPUDevice, members: Readonly<Record<string, unknown>>): GPUDevice {
  return new Proxy(device, {
    get: (target, name) => {
      if (typeof name === 'string' && Object.hasOwn(members, name)) return members[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A device that says that it can do less than it can. */
function withLimits(device: GPUDevice, limits: Readonly<Record<string, number>>): GPUDevice {
  const less = new Proxy(device.limits, {
    get: (target, name) =>
      typeof name === 'string' && Object.hasOwn(limits, name)
        ? limits[name]
        : Reflect.get(target, name, target),
  });
  return replaced(device, { limits: less });
}

/** A device that has no memory for the buffer of some label. */
function withoutMemoryFor(device: GPUDevice, label: string): GPUDevice {
  const scopes: string[] = [];
  let isOut = false;
  return replaced(device, {
    pushErrorScope: (filter: GPUErrorFilter) => {
      scopes.push(filter);
      device.pushErrorScope(filter);
    },
    popErrorScope: async () => {
      const isMine = scopes.pop() === 'out-of-memory' && isOut;
      if (isMine) isOut = false;
      const error = await device.popErrorScope();
      return isMine ? { message: 'Not enough memory left.' } : error;
    },
    createBuffer: (descriptor: GPUBufferDescriptor) => {
      if (descriptor.label === label) isOut = true;
      return device.createBuffer(descriptor);
    },
  });
}
