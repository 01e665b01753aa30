import { planProgram, type Plan, type Program } from '@gradkit/core';
import { writeDeviceProgram } from './deviceProgram.ts';
import { largestWorkgroupSize, type WorkgroupLimits } from './largestWorkgroupSize.ts';
import { defaultPackUpTo, layOutSession, type BufferLimits } from './sessionLayout.ts';

/** The limits of a device that its shaders depend on, by their names in WebGPU: `device.limits`, or some of them. */
export type ShaderLimits = Partial<
  BufferLimits &
    WorkgroupLimits &
    Pick<GPUSupportedLimits, 'maxComputeWorkgroupsPerDimension' | 'maxStorageBuffersPerShaderStage'>
>;

/** A shader as text, and what it is for. */
export interface PrintedShader {
  /** Which part of the plan it is, such as `pass 1 of 2`. */
  readonly pass: string;
  readonly wgsl: string;
  /** How many dispatches a step makes of it: each has as many leaves as can be bound at once. */
  readonly dispatches: number;
}

/** What every device of WebGPU can do. */
const leastLimits: Readonly<Required<ShaderLimits>> = {
  maxBufferSize: 2 ** 28,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupStorageSize: 2 ** 14,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupsPerDimension: 65_535,
  minStorageBufferOffsetAlignment: 256,
};

/** The limits that are given. Those of a device are not its own properties, so they are asked for by name. */
function givenOf(limits: ShaderLimits): Partial<Record<keyof ShaderLimits, number>> {
  return Object.fromEntries(
    Object.keys(leastLimits)
      .map((name): [string, unknown] => [name, Reflect.get(limits, name)])
      .filter(([, value]) => value !== undefined),
  );
}

/**
 * Writes the shaders of a program as `webgpuEngine` would on a device with some limits, in the order in which a step dispatches them,
 * without a device. Lines are commented by the transform that they come from.
 *
 * Limits that are not given are the least that every device of WebGPU has. A device with subgroups gets other reductions.
 * @throws {InvalidOptionError} if a leaf cannot be bound within the limits, naming it.
 * @example
 * for (const { pass, wgsl } of printShaders(toProgram(clipByGlobalNorm({ maxNorm: 1 }), [{ name: 'w', shape: [2] }])))
 *   console.log(pass, wgsl);
 */
export function printShaders(plan: Plan | Program, limits: ShaderLimits = {}): readonly PrintedShader[] {
  const { program, ...rest } = 'program' in plan ? plan : planProgram(plan);
  const layout = { leaves: program.leaves, slots: program.slotSpecs };
  const known = { ...leastLimits, ...givenOf(limits) };
  const { arena, setting } = layOutSession(layout, known, {
    workgroupSize: largestWorkgroupSize(known),
    subgroups: undefined,
    packUpTo: defaultPackUpTo,
  });
  const { dispatches } = writeDeviceProgram(
    { program, ...rest },
    {
      layout,
      arena,
      setting,
      limits: {
        storageBuffers: known.maxStorageBuffersPerShaderStage,
        workgroups: known.maxComputeWorkgroupsPerDimension,
      },
    },
  );
  const printed = new Map<string, PrintedShader>();
  for (const { pass, shader } of dispatches) {
    const before = printed.get(shader.code);
    printed.set(shader.code, { pass, wgsl: shader.code, dispatches: (before?.dispatches ?? 0) + 1 });
  }
  return [...printed.values()];
}
