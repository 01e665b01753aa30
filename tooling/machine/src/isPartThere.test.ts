import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isPartThere } from './isPartThere.ts';
import { isRequired } from './isRequired.ts';

const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
beforeEach(() => {
  warn.mockClear();
  vi.stubEnv('GRADKIT_REQUIRE', 'cpu, node');
});
afterEach(() => vi.unstubAllEnvs());

test('a part that is there is used in silence', () => {
  expect(isPartThere('node', undefined)).toBe(true);
  expect(isPartThere('webgpu', undefined)).toBe(true);
  expect(warn).not.toHaveBeenCalled();
});

test('a part that is missing is not used, and the reason is said once', () => {
  expect(isPartThere('webgpu', 'there is no Vulkan loader.')).toBe(false);
  expect(isPartThere('webgpu', 'there is no Vulkan loader.')).toBe(false);
  expect(warn.mock.calls).toEqual([
    [
      'Tests that need webgpu are skipped: there is no Vulkan loader. GRADKIT_REQUIRE=webgpu would let them fail.',
    ],
  ]);
});

test('a part that is missing and required is an error with the reason', () => {
  expect(() => isPartThere('node', 'its native part is missing.')).toThrow(
    'GRADKIT_REQUIRE asks for node, but its native part is missing.',
  );
});

test('a misspelt part is an error, since it would require nothing', () => {
  vi.stubEnv('GRADKIT_REQUIRE', 'node,chrome');
  expect(() => isRequired('node')).toThrow('GRADKIT_REQUIRE names chrome; the parts are cpu, node');
});
