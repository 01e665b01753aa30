import type { RunnerMemory } from '@gradkit/wasm/binding';
import { memoryOf, type WasmBackend } from './wasmBackend.ts';

/** The backend allots by 8 bytes; an array of ours begins on a cache line. */
const alignment = 64;

/** Memory of the backend's own heap, which its tensors do not know of. */
export interface HeapBlocks extends RunnerMemory {
  /** The numbers at an address. The array is good until anything is allocated. */
  numbers(address: number, length: number): Float32Array;
}

/** Sets up the taking of memory from the backend's heap. */
export function heapBlocks(backend: WasmBackend): HeapBlocks {
  const { wasm } = backend;
  const memory = memoryOf(backend);
  const blocks: number[] = [];
  return {
    memory,
    isShared: isShared(memory),
    allocate: (bytes) => {
      // Addresses beyond two gigabytes come as negative numbers.
      const block = wasm._malloc(bytes + alignment) >>> 0;
      if (block === 0) return undefined;
      blocks.push(block);
      return Math.ceil(block / alignment) * alignment;
    },
    releaseAll: () => {
      for (const block of blocks.splice(0)) wasm._free(block);
    },
    numbers: (address, length) => new Float32Array(memory.buffer, address, length),
  };
}

/** Whether threads share a memory, which a module that imports it has to say. */
export function isShared({ buffer }: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer;
}
