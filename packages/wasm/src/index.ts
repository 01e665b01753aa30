export { createWasmEngine } from './wasmEngine.ts';
