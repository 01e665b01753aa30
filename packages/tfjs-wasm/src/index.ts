export { wasm } from './wasm.ts';
