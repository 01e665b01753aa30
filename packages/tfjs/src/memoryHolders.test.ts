import { expect, test } from 'vitest';
import { addHolder, noHolders } from './memoryHolders.ts';

test('those that are gone do not gather, and those that are there stay', () => {
  const holders = noHolders();
  const kept = {};
  addHolder(holders, kept, () => true);
  for (let count = 0; count < 10_000; count++) addHolder(holders, {}, (dataId) => dataId === kept);
  expect(holders.dataIds.has(kept)).toBe(true);
  expect(holders.dataIds.size).toBeLessThanOrEqual(64);
});

test('as many as are there are kept', () => {
  const holders = noHolders();
  for (let count = 0; count < 1_000; count++) addHolder(holders, {}, () => true);
  expect(holders.dataIds.size).toBe(1_000);
});
