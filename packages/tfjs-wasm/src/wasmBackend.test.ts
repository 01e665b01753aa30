import { expect, test } from 'vitest';
import { addressOfData } from './wasmBackend.ts';

test('a tensor beyond two gigabytes lies at a positive address', () => {
  const dataIdMap = { get: () => ({ id: 1, memoryOffset: -64, refCount: 1, dtype: 'float32' as const }) };
  expect(addressOfData({ dataIdMap }, {})).toBe(2 ** 32 - 64);
});
