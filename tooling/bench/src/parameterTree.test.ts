import { expect, test } from 'vitest';
import { evenTree, parameterCount, simpleNetTree, tenSquaresTree, transformerTree } from './parameterTree.ts';

test('the trees have the sizes that the tables name', () => {
  expect([simpleNetTree.leaves.length, parameterCount(simpleNetTree)]).toEqual([4, 67]);
  expect([transformerTree.leaves.length, parameterCount(transformerTree)]).toEqual([52, 4_800_000]);
  expect([tenSquaresTree.leaves.length, parameterCount(tenSquaresTree)]).toEqual([10, 10_485_760]);
});

test('an even tree has leaves that differ by one at most', () => {
  expect(evenTree(10, 4).leaves.map(({ shape }) => shape)).toEqual([[2], [3], [2], [3]]);
  expect(parameterCount(evenTree(1_000_003, 300))).toBe(1_000_003);
});
