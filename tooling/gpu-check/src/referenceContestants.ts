import { planProgram, toProgram } from '@gradkit/core';
import { bytesOfPlan, totalBytes } from '@gradkit/bench/bytesOfPlan';
import { transforms } from '@gradkit/bench/transforms';
import type { UpdateTask } from '@gradkit/bench/updateTask';
import { deviceSession, requestWholeDevice } from '@gradkit/bench/webgpuContestants';
import { bufferUsage, mapModeRead } from './gpuConstants.ts';
import { timedSession, type TimedContestant } from './timedContestant.ts';

/** The largest part of a copy: what every device can make a buffer of. */
const largestPart = 128 * 2 ** 20;
/** A pattern that no copy of random numbers gives: NaN in float32. */
const poison = 0xffff_ffff;
const probeWords = 64;

/** What a fused step of a task moves. */
export function bytesOfStep({ transform, settings, tree }: UpdateTask): { bytes: number; passes: number } {
  const plan = planProgram(toProgram(transforms[transform](settings), tree.leaves));
  return { bytes: totalBytes(bytesOfPlan(plan)), passes: plan.passes.length };
}

/** A copy from buffer to buffer that moves as many bytes as a fused step: half of them are read and half are written. */
export const bufferCopy: TimedContestant = {
  name: 'copy',
  label: 'copy of as many bytes',
  open: async (task) => {
    const device = await requestWholeDevice();
    const total = 4 * Math.ceil(bytesOfStep(task).bytes / 8);
    const sizes = Array.from({ length: Math.ceil(total / largestPart) }, (_, part) =>
      Math.min(largestPart, total - part * largestPart),
    );
    const usage = bufferUsage.copySource | bufferUsage.copyDestination;
    const parts = sizes.map((size) => ({
      size,
      from: device.createBuffer({ size, usage }),
      to: device.createBuffer({ size, usage }),
    }));
    const random = Uint32Array.from({ length: probeWords }, (_, word) =>
      Math.imul(task.start ?? 0, 2 * word + 3),
    );
    const ends = (size: number): number[] => [0, Math.max(0, size - 4 * probeWords)];
    for (const { from, to, size } of parts) {
      const words = Math.min(probeWords, size / 4);
      for (const offset of ends(size)) {
        device.queue.writeBuffer(from, offset, random, 0, words);
        device.queue.writeBuffer(to, offset, new Uint32Array(words).fill(poison));
      }
    }
    const session = deviceSession(device, {
      step: () => {
        const encoder = device.createCommandEncoder();
        for (const { from, to, size } of parts) encoder.copyBufferToBuffer(from, 0, to, 0, size);
        device.queue.submit([encoder.finish()]);
      },
      parameters: () => [],
      dispose: () => device.destroy(),
    });
    return timedSession(session, async () => {
      for (const [part, { to, size }] of parts.entries()) {
        const words = Math.min(probeWords, size / 4);
        for (const offset of ends(size)) {
          const found = await readWords(device, to, { offset, words });
          // Where a part is shorter than two probes, the second lies over the first in both buffers alike.
          const differs = found.findIndex((word, index) => word !== random[index]);
          if (differs >= 0 && !(size < 8 * probeWords && offset === 0))
            return {
              isRight: false,
              text: `part ${part} at byte ${offset + 4 * differs} holds ${found[differs]?.toString(16)}, not what was copied`,
            };
        }
      }
      return { isRight: true, text: 'the ends of every part, which held NaN, hold what was copied' };
    });
  },
};

/** Dispatches of one workgroup that does nothing: what a step of no work costs. */
export const nothingAtAll: TimedContestant = {
  name: 'nothing',
  label: 'a kernel that does nothing',
  open: async () => {
    const device = await requestWholeDevice();
    const module = device.createShaderModule({ code: '@compute @workgroup_size(1) fn main() {}' });
    const pipeline = device.createComputePipeline({
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
    const session = deviceSession(device, {
      step: () => {
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.dispatchWorkgroups(1);
        pass.end();
        device.queue.submit([encoder.finish()]);
      },
      parameters: () => [],
      dispose: () => device.destroy(),
    });
    return timedSession(session, async () => ({ isRight: true, text: 'there is no result' }));
  },
};

/** Reads some words of a buffer. */
async function readWords(
  device: GPUDevice,
  buffer: GPUBuffer,
  { offset, words }: { readonly offset: number; readonly words: number },
): Promise<Uint32Array> {
  const readable = device.createBuffer({
    size: 4 * words,
    usage: bufferUsage.copyDestination | bufferUsage.mapRead,
  });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, offset, readable, 0, 4 * words);
  device.queue.submit([encoder.finish()]);
  await readable.mapAsync(mapModeRead);
  const values = new Uint32Array(readable.getMappedRange().slice(0));
  readable.destroy();
  return values;
}
