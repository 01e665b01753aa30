import { loopEngine, type Engine } from '@gradkit/core';
import { createPassPool, requireThreads } from './passPool.ts';
import { simdEngine } from './simdEngine.ts';
import { supportsSimd } from './supportsSimd.ts';
import { threadsOf, warnWithoutSimd, type WasmEngineOptions } from './wasmEngineOptions.ts';

/**
 * The engine of `wasmEngine`, at once: for bindings, whose first step may come unprepared. It brings along what `wasmEngine` loads when it is
 * needed.
 */
export function createWasmEngine(options: WasmEngineOptions = {}): Engine {
  const threads = threadsOf(options);
  if (!supportsSimd()) {
    warnWithoutSimd();
    return loopEngine();
  }
  if (threads === 1) return simdEngine(1);
  requireThreads(threads);
  return simdEngine(threads, createPassPool);
}
