export { clipByGlobalNorm } from '@gradkit/clip-norm';
export { chain, createStepper } from '@gradkit/core';
export { createWasmEngine } from '@gradkit/wasm/binding';
