// Every factory of this package by its name. index.ts exports this module whole as `schedules`: the registry with which
// schedules are read from JSON.
export { constant } from './constant.ts';
export { linear } from './linear.ts';
export { polynomial } from './polynomial.ts';
export { cosineDecay } from './cosineDecay.ts';
export { exponentialDecay } from './exponentialDecay.ts';
export { piecewiseConstant } from './piecewiseConstant.ts';
export { piecewiseInterpolate } from './piecewiseInterpolate.ts';
export { warmup } from './warmup.ts';
export { warmupCosineDecay } from './warmupCosineDecay.ts';
export { oneCycle } from './oneCycle.ts';
export { linearOneCycle } from './linearOneCycle.ts';
export { join } from './join.ts';
