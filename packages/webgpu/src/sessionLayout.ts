import type { Layout } from '@gradkit/core';
import { layOutArena, type Arena } from './segments.ts';
import { smallState } from './shaderLayout.ts';
import { settingOf, type ShaderSetting } from './writeShader.ts';

/** The limits of a device that decide how leaves are cut and bound. */
export type BufferLimits = Pick<
  GPUSupportedLimits,
  'maxStorageBufferBindingSize' | 'maxBufferSize' | 'minStorageBufferOffsetAlignment'
>;

/** Where everything of a session lies, and what its shaders have in common. */
export interface SessionLayout {
  readonly arena: Arena;
  readonly setting: ShaderSetting;
}

/** Up to how many entries a leaf shares dispatches with others, unless somebody wants it otherwise. */
export const defaultPackUpTo = 4096;

/** Fewer leaves than this are bound each by itself: copying them together would cost more than their dispatches. */
const leavesWorthPacking = 9;

/** Lays out a session, without a device. */
export function layOutSession(
  layout: Layout,
  limits: BufferLimits,
  options: Pick<ShaderSetting, 'workgroupSize' | 'subgroups'> & { readonly packUpTo: number },
): SessionLayout {
  const { workgroupSize, subgroups, packUpTo } = options;
  const arena = layOutArena(
    layout,
    {
      largestBinding: limits.maxStorageBufferBindingSize,
      largestBuffer: limits.maxBufferSize,
      alignment: limits.minStorageBufferOffsetAlignment,
    },
    { packUpTo: layout.leaves.length >= leavesWorthPacking ? packUpTo : 0 },
  );
  const setting = settingOf(layout, {
    smallState: smallState(layout),
    workgroupSize,
    subgroups,
    packs: arena.packs,
  });
  return { arena, setting };
}
