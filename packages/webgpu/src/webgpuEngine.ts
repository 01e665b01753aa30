import { checkOptionNames, describeValue, InvalidOptionError, type DeviceEngine } from '@gradkit/core';
import { bufferUsage, mapModeRead } from './bufferUsage.ts';
import { DeviceError, DeviceLostError } from './deviceErrors.ts';
import { largestWorkgroupSize } from './largestWorkgroupSize.ts';
import { createPipelineCache } from './pipelineCache.ts';
import { defaultPackUpTo } from './sessionLayout.ts';
import { openWebgpuSession, type SessionContext } from './webgpuSession.ts';

/** How the engine runs. */
export interface WebgpuEngineOptions {
  /**
   * Whether each dispatch is watched by itself, so that an error names its pass and its leaves. Costs a submit for each dispatch.
   * Default: false.
   */
  readonly development?: boolean;
  /** Leaves of up to so many entries share dispatches, at the price of copies. Default: 4096; 0 never packs. */
  readonly packUpTo?: number;
  /** The lanes of a workgroup, a power of two. Default: what the device allows, up to 256. */
  readonly workgroupSize?: number;
  /** Whether subgroup operations are used where the device has them. The results are the same. Default: true. */
  readonly subgroups?: boolean;
}

/**
 * The engine that runs plans on a WebGPU device: one dispatch for as many leaves as the device can bind, nothing read back, nothing
 * made anew from step to step.
 *
 * @throws {InvalidOptionError} if the device is none, or an option is unknown.
 * @example
 * const adapter = await navigator.gpu.requestAdapter();
 * const device = await adapter?.requestDevice();
 * if (device !== undefined) await createDeviceStepper(adam({ learningRate: 1e-3 }), params, { engine: webgpuEngine(device) });
 */
export function webgpuEngine(device: GPUDevice, options: WebgpuEngineOptions = {}): DeviceEngine<GPUBuffer> {
  checkOptionNames('webgpuEngine', options, ['development', 'packUpTo', 'subgroups', 'workgroupSize']);
  const given: unknown = device;
  if (typeof given !== 'object' || given === null || !('createComputePipeline' in given)) {
    throw new InvalidOptionError(
      `webgpuEngine takes a GPUDevice, but was given ${describeValue(given)}. Get one by (await navigator.gpu.requestAdapter()).requestDevice().`,
    );
  }
  const largest = largestWorkgroupSize(device.limits);
  const {
    development = false,
    packUpTo = defaultPackUpTo,
    subgroups = true,
    workgroupSize = largest,
  } = options;
  for (const [name, value] of Object.entries({ development, subgroups })) {
    if (typeof value !== 'boolean') {
      throw new InvalidOptionError(
        `webgpuEngine: ${name} must be true or false, but is ${describeValue(value)}.`,
      );
    }
  }
  const isPower = Number.isInteger(workgroupSize) && Number.isInteger(Math.log2(workgroupSize));
  if (!isPower || workgroupSize > largest) {
    throw new InvalidOptionError(
      `webgpuEngine: workgroupSize must be a power of two up to ${largest}, but is ${describeValue(workgroupSize)}.`,
    );
  }
  if (!Number.isInteger(packUpTo) || packUpTo < 0) {
    throw new InvalidOptionError(
      `webgpuEngine: packUpTo must be a whole number of entries, at least 0, but is ${describeValue(packUpTo)}.`,
    );
  }
  let lost: DeviceLostError | undefined;
  void device.lost.then(({ reason, message }) => {
    lost = new DeviceLostError({ reason, message });
  });
  /** Buffers that were asked for and that the device has no room for. */
  const refusals = new WeakMap<GPUBuffer, DeviceError>();
  const context: SessionContext = {
    device,
    pipelines: createPipelineCache(device),
    workgroupSize,
    subgroups: subgroups && device.features.has('subgroups') ? subgroupSizes(device) : undefined,
    development,
    packUpTo,
    storageBuffers: device.limits.maxStorageBuffersPerShaderStage,
    lost: () => lost,
    refusalOf: (buffer) => refusals.get(buffer),
  };
  return {
    name: 'webgpu',
    open: (layout) => openWebgpuSession(context, layout),
    createBuffer: ({ name, length }) => {
      const size = Math.max(4, 4 * length);
      const { maxBufferSize } = device.limits;
      if (size > maxBufferSize) {
        throw new InvalidOptionError(
          `${JSON.stringify(name)} takes ${size} bytes, but a buffer of this device has ${maxBufferSize} at most. ` +
            `Request the device with requiredLimits: { maxBufferSize: ${size} }, if the adapter has that much, or divide the leaf.`,
        );
      }
      device.pushErrorScope('out-of-memory');
      const buffer = device.createBuffer({
        label: name,
        size,
        usage: bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyDestination,
      });
      device.popErrorScope().then(
        (error) => {
          if (error === null) return;
          const details = { kind: 'out-of-memory', pass: `to make ${JSON.stringify(name)}`, leaves: [] };
          refusals.set(buffer, new DeviceError({ ...details, message: error.message }));
        },
        () => {
          // The device is lost, which says so itself.
        },
      );
      return buffer;
    },
    write: (buffer, values) => device.queue.writeBuffer(buffer, 0, values.slice()),
    read: async (buffer, length) => {
      if (lost !== undefined) throw lost;
      device.pushErrorScope('validation');
      const staging = device.createBuffer({
        label: 'gradkit read',
        size: Math.max(4, 4 * length),
        usage: bufferUsage.mapRead | bufferUsage.copyDestination,
      });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, 4 * length);
      device.queue.submit([encoder.finish()]);
      const judged = device.popErrorScope();
      try {
        const [error] = await Promise.all([judged, staging.mapAsync(mapModeRead)]);
        if (error !== null) throw unreadable(buffer, error);
        return new Float32Array(staging.getMappedRange()).slice(0, length);
      } catch (error) {
        throw lost ?? error;
      } finally {
        staging.destroy();
      }
    },
    destroyBuffer: (buffer) => buffer.destroy(),
  };
}

function unreadable({ label }: GPUBuffer, { message }: GPUError): DeviceError {
  return new DeviceError({
    kind: 'validation',
    pass: `to read ${JSON.stringify(label)}`,
    leaves: [],
    message,
    remedy: 'Leave the buffers of a stepper to it: dispose() frees them.',
  });
}

/** The sizes that the device says its subgroups have, or those that every device's lie between. */
function subgroupSizes({ adapterInfo }: GPUDevice): { smallest: number; largest: number } {
  const { subgroupMinSize = 4, subgroupMaxSize = 128 } = adapterInfo;
  return { smallest: Math.max(1, subgroupMinSize), largest: Math.max(subgroupMinSize, subgroupMaxSize) };
}
