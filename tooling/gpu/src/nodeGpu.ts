import { existsSync } from 'node:fs';
import { missingVulkan } from './missingVulkan.ts';

/** Where Debian's chromium puts SwiftShader, a Vulkan device that is a program. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';

let opened: Promise<GPU> | undefined;

/**
 * Dawn in Node, with `navigator.gpu` and the constants of WebGPU as in a browser. Where Debian's chromium is installed, its SwiftShader is
 * a device: the only one with `drivers: 'software'`, so that numbers are the same on every such machine, or one beside the machine's own
 * with `drivers: 'all'`. The first call in a process decides.
 *
 * @throws {Error} on Linux without Vulkan's loader or without a driver, of which Dawn would print warnings.
 */
export function nodeGpu({ drivers }: { readonly drivers: 'software' | 'all' }): Promise<GPU> {
  opened ??= open(drivers === 'all' ? 'VK_ADD_DRIVER_FILES' : 'VK_ICD_FILENAMES');
  return opened;
}

async function open(variable: string): Promise<GPU> {
  // Read when Dawn loads, so before it does.
  if (process.env[variable] === undefined && existsSync(swiftShader)) process.env[variable] = swiftShader;
  const missing = missingVulkan();
  if (missing !== undefined) throw new Error(missing);
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const { navigator } = globalThis;
  if (typeof navigator === 'object')
    Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  else Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  return gpu;
}
