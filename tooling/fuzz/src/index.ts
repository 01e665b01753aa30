export { flushAfter } from './flushAfter.ts';
export { tryChainsOnDevice, type ChainsOnDevice } from './chainsOnDevice.ts';
export { fuzzParameters, type FuzzParameters } from './fuzzParameters.ts';
export { transformArbitrary, type TransformArbitraries } from './transformArbitrary.ts';
export { treeArbitrary, type RandomLeaf } from './treeArbitrary.ts';
