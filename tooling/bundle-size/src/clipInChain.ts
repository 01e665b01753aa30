export { clipByGlobalNorm } from '@gradkit/clip-norm';
export { chain } from '@gradkit/core';
