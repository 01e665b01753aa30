import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { chromiumPath } from './chromiumPath.ts';

beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('Chromium is where GRADKIT_CHROMIUM says', () => {
  vi.stubEnv('GRADKIT_CHROMIUM', process.execPath);
  expect(chromiumPath()).toBe(process.execPath);
});

test.each(['/nowhere/chromium', import.meta.dirname, import.meta.filename])(
  'there is no Chromium at %s, and an error where one is required',
  (place) => {
    vi.stubEnv('GRADKIT_CHROMIUM', place);
    vi.stubEnv('GRADKIT_REQUIRE', 'node');
    expect(chromiumPath()).toBe(undefined);
    vi.stubEnv('GRADKIT_REQUIRE', 'node,chromium');
    expect(() => chromiumPath()).toThrow(place);
  },
);
