import { afterEach, expect, test, vi } from 'vitest';
import { chromiumPath } from './chromiumPath.ts';

afterEach(() => vi.unstubAllEnvs());

test('Chromium is where GRADKIT_CHROMIUM says', () => {
  vi.stubEnv('GRADKIT_CHROMIUM', process.execPath);
  expect(chromiumPath()).toBe(process.execPath);
});

test('without Chromium there is no path, but an error where it is required', () => {
  vi.stubEnv('GRADKIT_CHROMIUM', '/nowhere/chromium');
  vi.stubEnv('GRADKIT_REQUIRE', 'node');
  expect(chromiumPath()).toBe(undefined);
  vi.stubEnv('GRADKIT_REQUIRE', 'node,chromium');
  expect(() => chromiumPath()).toThrow('/nowhere/chromium');
});
