export { transformArbitrary, type TransformArbitraries } from './transformArbitrary.ts';
export { treeArbitrary, type RandomLeaf } from './treeArbitrary.ts';
