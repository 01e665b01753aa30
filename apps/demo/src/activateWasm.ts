import { wasm } from '@gradkit/tfjs-wasm';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import simdUrl from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import plainUrl from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import * as tf from '@tensorflow/tfjs-core';
import type { ActiveBackend } from './backends.ts';

/** Loads TensorFlow.js's WebAssembly backend from the page's own folder. */
export async function activateWasm(): Promise<ActiveBackend> {
  // Threads need headers that a static host does not send, and a script of their own.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const at = (url: string): string => new URL(url, import.meta.url).href;
  // The backend wants to know of all three binaries, and takes the threaded one only with the flag above.
  setWasmPaths({
    'tfjs-backend-wasm.wasm': at(plainUrl),
    'tfjs-backend-wasm-simd.wasm': at(simdUrl),
    'tfjs-backend-wasm-threaded-simd.wasm': at(simdUrl),
  });
  if (!(await tf.setBackend('wasm'))) throw new Error('this browser does not run WebAssembly');
  return { binding: wasm() };
}
