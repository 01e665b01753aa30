import { checkOptionNames, describeValue, InvalidOptionError } from '@gradkit/core';

/** How the engine runs. */
export interface WasmEngineOptions {
  /** On how many threads a sweep is computed, this one included; the bits are the same. Default 1. */
  readonly threads?: number;
}

/** The number of threads that was asked for. @throws {InvalidOptionError} if it cannot be meant. */
export function threadsOf(options: WasmEngineOptions): number {
  checkOptionNames('wasmEngine', options, ['threads']);
  const { threads = 1 } = options;
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new InvalidOptionError(
    `wasmEngine: threads must be a whole number above 0, but is ${describeValue(threads)}.`,
  );
}

let isSaid = false;

/** Says that loops will do instead of WebAssembly: once, and not again for the next engine. */
export function warnWithoutSimd(): void {
  if (!isSaid) {
    console.warn(
      'Gradkit: WebAssembly SIMD is refused here, so transforms run as loops over Float32Arrays, which is slower. ' +
        "On a page with a Content-Security-Policy, add 'wasm-unsafe-eval' to script-src.",
    );
  }
  isSaid = true;
}
