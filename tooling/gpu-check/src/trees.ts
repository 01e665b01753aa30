import { evenTree, simpleNetTree, transformerTree, type ParameterTree } from '@gradkit/bench/parameterTree';

const numbers = new Intl.NumberFormat('en');

/** So many parameters in ten leaves, each within what every device can bind, up to 10^8 of them. */
function tenLeaves(total: number): ParameterTree {
  return { ...evenTree(total, 10), name: `${numbers.format(total)} in 10 leaves` };
}

/** An MLP of 24 layers, each with a matrix and a bias. */
const layersTree: ParameterTree = {
  name: '24 layers of 256x256',
  leaves: Array.from({ length: 24 }, (_, layer) => [
    { name: `layer${layer}.kernel`, shape: [256, 256] },
    { name: `layer${layer}.bias`, shape: [256] },
  ]).flat(),
};

/** What steps are timed on, the cheap ones first: what comes later is left out first. */
export const timedTrees: readonly ParameterTree[] = [
  simpleNetTree,
  tenLeaves(1e5),
  tenLeaves(1e6),
  layersTree,
  { ...transformerTree, name: 'a small transformer, 52 leaves' },
  tenLeaves(1e7),
  tenLeaves(1e8),
  // The last: some take minutes to compile so many leaves, in which nothing can stop them.
  { ...evenTree(2e6, 2000), name: '2,000 leaves of 1,000' },
];
