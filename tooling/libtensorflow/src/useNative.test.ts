import { describe, expect, test, vi } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { complaintOf, findNative } from './useNative.ts';
import { useNativeInTests } from './useNativeInTests.ts';

const isThere = useNativeInTests();

test('a native part that is asked for and missing is an error, not a skip', () => {
  vi.stubEnv('GRADKIT_REQUIRE', 'cpu,node');
  expect(() => useNativeInTests(() => false)).toThrow(/pnpm native/);
  vi.stubEnv('GRADKIT_REQUIRE', 'cpu');
  expect(useNativeInTests(() => false)).toBe(false);
  vi.unstubAllEnvs();
});

describe.skipIf(!isThere)('with the native part', () => {
  test('tfjs-node multiplies 3 by 4', async () => {
    const tf = await import('@tensorflow/tfjs-node');
    expect(tf.getBackend()).toBe('tensorflow');
    expect(tf.mul(3, 4).dataSync()[0]).toBe(12);
  });
});

test('a file that is no native part is told from one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradkit-native-'));
  const file = join(folder, 'tfjs_binding.node');
  writeFileSync(file, 'garbage');
  expect(complaintOf(file)).toMatch(/Error/);
  rmSync(folder, { recursive: true });
  const made = findNative();
  if (made !== undefined) expect(complaintOf(made)).toBeUndefined();
});
