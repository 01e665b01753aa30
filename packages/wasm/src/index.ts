export { ThreadError } from './threadError.ts';
export { wasmEngine } from './wasmEngine.ts';
export type { WasmEngineOptions } from './wasmEngineOptions.ts';
