import { sizeOfShape, type LeafSpec } from '@gradkit/core';

/** The parameters of a network: names and shapes. */
export interface ParameterTree {
  readonly name: string;
  readonly leaves: readonly LeafSpec[];
}

/** The number of parameters of a tree. */
export function parameterCount({ leaves }: ParameterTree): number {
  return leaves.reduce((total, { shape }) => total + sizeOfShape(shape), 0);
}

/** SimpleNet, Linear(10, 5) and Linear(5, 2): 67 parameters in 4 leaves. */
export const simpleNetTree: ParameterTree = {
  name: 'SimpleNet',
  leaves: [
    { name: 'hidden.kernel', shape: [10, 5] },
    { name: 'hidden.bias', shape: [5] },
    { name: 'output.kernel', shape: [5, 2] },
    { name: 'output.bias', shape: [2] },
  ],
};

const transformerWidth = 256;

/** A small transformer, 4 blocks of width 256: 4,800,000 parameters in 52 leaves. */
export const transformerTree: ParameterTree = {
  name: 'a small transformer',
  leaves: [
    { name: 'tokens', shape: [6280, transformerWidth] },
    { name: 'positions', shape: [128, transformerWidth] },
    ...[0, 1, 2, 3].flatMap((block) => transformerBlock(`block${block}`, transformerWidth)),
    { name: 'norm.gain', shape: [transformerWidth] },
    { name: 'norm.bias', shape: [transformerWidth] },
  ],
};

/** The parameters of one block. */
export function transformerBlock(block: string, width: number): LeafSpec[] {
  const shapes: Readonly<Record<string, readonly number[]>> = {
    'norm1.gain': [width],
    'norm1.bias': [width],
    'attention.kernel': [width, 3 * width],
    'attention.bias': [3 * width],
    'projection.kernel': [width, width],
    'projection.bias': [width],
    'norm2.gain': [width],
    'norm2.bias': [width],
    'expand.kernel': [width, 4 * width],
    'expand.bias': [4 * width],
    'contract.kernel': [4 * width, width],
    'contract.bias': [width],
  };
  return Object.entries(shapes).map(([name, shape]) => ({ name: `${block}.${name}`, shape }));
}

/** Ten square matrices: 10,485,760 parameters. */
export const tenSquaresTree: ParameterTree = {
  name: '10 x 1024x1024',
  leaves: Array.from({ length: 10 }, (_, index) => ({ name: `square${index}`, shape: [1024, 1024] })),
};

/** `total` parameters in `leafCount` leaves of one axis, as even as can be. */
export function evenTree(total: number, leafCount: number): ParameterTree {
  const sizeOf = (leaf: number): number =>
    Math.floor(((leaf + 1) * total) / leafCount) - Math.floor((leaf * total) / leafCount);
  return {
    name: `${total} in ${leafCount}`,
    leaves: Array.from({ length: leafCount }, (_, leaf) => ({ name: `leaf${leaf}`, shape: [sizeOf(leaf)] })),
  };
}
