export { wasmEngine } from './wasmEngine.ts';
export type { WasmEngineOptions } from './wasmEngineOptions.ts';
