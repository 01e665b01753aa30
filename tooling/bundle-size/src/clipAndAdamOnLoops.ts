export { clipByGlobalNorm } from '@gradkit/clip-norm';
export { chain, createStepper } from '@gradkit/core';
export { adam } from '@gradkit/optimizers';
