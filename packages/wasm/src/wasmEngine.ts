import { loopEngine, type Engine } from '@gradkit/core';
import { supportsSimd } from './supportsSimd.ts';
import { threadsOf, warnWithoutSimd, type WasmEngineOptions } from './wasmEngineOptions.ts';

/**
 * The engine that compiles plans to WebAssembly SIMD: each pass is one loop over memory, on one thread or several.
 *
 * Parameters and state live in a WebAssembly memory of the stepper's own, as float32; gradients are read from `gradients()` or from any other
 * arrays, run by run. Same inputs give the same bits on every machine and for every number of threads; sums and norms are within 1e-6 of
 * float64, elementwise operations are the reference's to the bit. Where WebAssembly SIMD is refused (an old engine, a
 * Content-Security-Policy without `wasm-unsafe-eval`), it runs loops over Float32Arrays instead, and says so once.
 * @throws {InvalidOptionError} if `threads` is no whole number above 0, or if threads cannot share memory here (a page that is not
 *   cross-origin isolated).
 * @example const stepper = createStepper(adam({ learningRate: 1e-3 }), { w: new Float32Array(8) }, { engine: await wasmEngine() });
 */
export async function wasmEngine(options: WasmEngineOptions = {}): Promise<Engine> {
  const threads = threadsOf(options);
  if (!supportsSimd()) {
    warnWithoutSimd();
    return loopEngine();
  }
  // A page loads the engine where it can be used, and the pool if there are to be threads.
  const { simdEngine } = await import('./simdEngine.ts');
  if (threads === 1) return simdEngine(1);
  const { createPassPool, requireThreads } = await import('./passPool.ts');
  requireThreads(threads);
  return simdEngine(threads, createPassPool);
}
