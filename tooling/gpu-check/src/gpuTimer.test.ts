import { requestTestDevice } from '@gradkit/gpu';
import { expect, test } from 'vitest';
import { clockFacts, createGpuTimer, millisecondsBetween } from './gpuTimer.ts';

test('timestamps are nanoseconds: 5,000,000 of them are 5 ms', () => {
  expect(millisecondsBetween(1_000_000n, 6_000_000n)).toBe(5);
});

test('a clock that gives nothing, or runs backwards, is refused', () => {
  expect(() => millisecondsBetween(0n, 5n)).toThrow('of no use');
  expect(() => millisecondsBetween(6n, 5n)).toThrow('from 6 to 5');
});

test('timestamps that are all multiples of 65,536 ns are called rounded, others are not', () => {
  expect(clockFacts([65_536n * 3n, 65_536n * 8n]).text).toContain('Dawn rounds the timestamps to 65,536 ns');
  expect(clockFacts([65_536n * 3n, 65_536n * 8n + 32n])).toMatchObject({
    hasTimestamps: true,
    resolution: 32,
  });
  expect(clockFacts([]).hasTimestamps).toBe(false);
});

const device = await requestTestDevice();

test.skipIf(device === undefined)('a device without timestamps is timed by the processor', async () => {
  if (device === undefined) return;
  let calls = 0;
  const lap = await createGpuTimer(device).lap(async () => void calls++);
  expect(calls).toBe(1);
  expect(lap.gpu).toBeUndefined();
  expect(lap.wall).toBeGreaterThanOrEqual(0);
});
