import type { ClockFacts } from '@gradkit/bench/gpuReport';
import { bufferUsage, mapModeRead } from './gpuConstants.ts';

/** The time that some work took, in milliseconds. */
export interface Lap {
  /** By the device's clock, between the timestamps; absent where the device has none. */
  readonly gpu?: number;
  /** By the processor's clock, from the first call until the device has done all. */
  readonly wall: number;
}

/** The clock of a device. */
export interface GpuTimer {
  /** Times what `enqueue` hands to the device's queue, between one pair of timestamps. */
  lap(enqueue: () => Promise<void>): Promise<Lap>;
  /** All timestamps so far, in nanoseconds. */
  readonly timestamps: readonly bigint[];
  dispose(): void;
}

/**
 * A clock for work on a device's queue: an empty pass writes a timestamp before the work, another one after it, and a queue keeps the
 * order. Time in which the device waits for the processor counts.
 */
export function createGpuTimer(device: GPUDevice): GpuTimer {
  if (!device.features.has('timestamp-query')) return wallTimer(device);
  const { queryResolve, copySource, copyDestination, mapRead } = bufferUsage;
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
  const resolved = device.createBuffer({ size: 16, usage: queryResolve | copySource });
  const readable = device.createBuffer({ size: 16, usage: copyDestination | mapRead });
  const timestamps: bigint[] = [];
  const stamp = (writes: Omit<GPUComputePassTimestampWrites, 'querySet'>): GPUCommandEncoder => {
    const encoder = device.createCommandEncoder();
    encoder.beginComputePass({ timestampWrites: { querySet, ...writes } }).end();
    return encoder;
  };
  return {
    timestamps,
    lap: async (enqueue) => {
      await device.queue.onSubmittedWorkDone();
      const start = performance.now();
      device.queue.submit([stamp({ beginningOfPassWriteIndex: 0 }).finish()]);
      await enqueue();
      const encoder = stamp({ endOfPassWriteIndex: 1 });
      encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, readable, 0, 16);
      device.queue.submit([encoder.finish()]);
      await readable.mapAsync(mapModeRead);
      const wall = performance.now() - start;
      const [begin = 0n, end = 0n] = new BigUint64Array(readable.getMappedRange().slice(0));
      readable.unmap();
      timestamps.push(begin, end);
      return { gpu: millisecondsBetween(begin, end), wall };
    },
    dispose: () => {
      querySet.destroy();
      resolved.destroy();
      readable.destroy();
    },
  };
}

function wallTimer(device: GPUDevice): GpuTimer {
  return {
    timestamps: [],
    lap: async (enqueue) => {
      await device.queue.onSubmittedWorkDone();
      const start = performance.now();
      await enqueue();
      await device.queue.onSubmittedWorkDone();
      return { wall: performance.now() - start };
    },
    dispose: () => undefined,
  };
}

/**
 * Milliseconds from one timestamp in nanoseconds to another.
 *
 * @throws {Error} if one is missing or they are the wrong way round: then the clock is of no use.
 */
export function millisecondsBetween(begin: bigint, end: bigint): number {
  if (begin === 0n || end === 0n || end < begin)
    throw new Error(`The device's timestamps are of no use: from ${begin} to ${end}.`);
  return Number(end - begin) / 1e6;
}

/** From so many nanoseconds on it is Dawn that rounds: 2^16. */
const roundedByDawn = 65_536;

/** What the timestamps of a run say of the clock. */
export function clockFacts(timestamps: readonly bigint[]): ClockFacts {
  if (timestamps.length === 0)
    return {
      hasTimestamps: false,
      resolution: 0,
      text: 'The device has no timestamps: times are those of the processor alone.',
    };
  const bits = timestamps.reduce((all, next) => all | next, 0n);
  const resolution = bits === 0n ? 0 : Number(bits & -bits);
  const isRounded = resolution >= roundedByDawn;
  return {
    hasTimestamps: true,
    resolution,
    text: isRounded
      ? `Dawn rounds the timestamps to ${resolution.toLocaleString('en')} ns, although its toggle timestamp_quantization is off.`
      : `Timestamps as the device gives them, in steps of ${resolution.toLocaleString('en')} ns: Dawn's toggle timestamp_quantization is off.`,
  };
}
