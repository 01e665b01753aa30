import { planProgram, toProgram } from '@gradkit/core';
import { bytesOfPlan, totalBytes } from './bytesOfPlan.ts';
import { localSession, type Contestant } from './contestant.ts';
import { transforms } from './transforms.ts';
import type { UpdateTask } from './updateTask.ts';

/** The bytes that a fused step of a task moves, by its plan. */
function bytesOfTask({ tree, transform, settings }: UpdateTask): number {
  return totalBytes(bytesOfPlan(planProgram(toProgram(transforms[transform](settings), tree.leaves))));
}

/**
 * The memory's own limit: copies as many bytes as a fused step moves, half of them read and half written, from one large typed array to
 * another.
 */
export const copyByTypedArray: Contestant<UpdateTask> = {
  name: 'copy',
  label: 'copy of as many bytes',
  open: async (task) => {
    const entries = Math.ceil(bytesOfTask(task) / 8);
    const from = new Float32Array(entries).fill(1);
    const to = new Float32Array(entries).fill(2);
    return localSession({ step: () => to.set(from), parameters: () => [], dispose: () => undefined });
  },
};

/** The same by WebAssembly's `memory.copy`. */
export const copyByWasm: Contestant<UpdateTask> = {
  name: 'copy-wasm',
  label: 'the same by wasm memory.copy',
  open: async (task) => {
    const half = Math.ceil(bytesOfTask(task) / 128) * 64;
    const memory = new WebAssembly.Memory({ initial: Math.ceil((2 * half) / 65_536) });
    new Float32Array(memory.buffer).fill(1);
    const { instance } = await WebAssembly.instantiate(copyModule, { memory: { memory } });
    const { copy } = instance.exports;
    if (typeof copy !== 'function') throw new Error('The copy module has no export "copy".');
    return localSession({
      step: () => void copy(half, 0, half),
      parameters: () => [],
      dispose: () => undefined,
    });
  },
};

const text = (name: string): number[] => [name.length, ...new TextEncoder().encode(name)];
const section = (id: number, bytes: readonly number[]): number[] => [id, bytes.length, ...bytes];

const magicAndVersion = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

// (module (import "memory" "memory" (memory 1)) (func (export "copy") (param i32 i32 i32) memory.copy of the three))
const copyModule: Uint8Array<ArrayBuffer> = Uint8Array.from([
  ...magicAndVersion,
  ...section(1, [1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0]),
  ...section(2, [1, ...text('memory'), ...text('memory'), 2, 0, 1]),
  ...section(3, [1, 0]),
  ...section(7, [1, ...text('copy'), 0, 0]),
  ...section(10, [1, 12, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 10, 0, 0, 0x0b]),
]);
