import { expect, test } from 'vitest';
import { missingVulkan } from './missingVulkan.ts';

const drivers = ['/usr/lib/chromium/vk_swiftshader_icd.json'];

test('nothing is missing where there are a loader and a driver', () => {
  expect(missingVulkan({ hasLoader: true, drivers })).toBe(undefined);
});

test.each([
  { half: 'Chromium alone, with its SwiftShader', hasLoader: false, drivers, missing: 'no Vulkan loader' },
  { half: 'the loader alone', hasLoader: true, drivers: [], missing: 'no Vulkan driver' },
  { half: 'nothing', hasLoader: false, drivers: [], missing: 'no Vulkan driver' },
])('$half is too little, and the message says what is missing', ({ missing, ...halves }) => {
  expect(missingVulkan(halves)).toContain(missing);
});
