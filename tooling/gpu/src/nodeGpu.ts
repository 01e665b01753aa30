import { existsSync } from 'node:fs';

/** Where Debian's chromium puts SwiftShader, a Vulkan device that is a program. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';

let opened: Promise<GPU> | undefined;

/**
 * Dawn in Node, with `navigator.gpu` and the constants of WebGPU as in a browser. Where Debian's chromium is installed, its SwiftShader is
 * the device, so that numbers are the same on every such machine.
 */
export function nodeGpu(): Promise<GPU> {
  opened ??= open();
  return opened;
}

async function open(): Promise<GPU> {
  // Read when Dawn loads, so before it does.
  if (process.env['VK_ICD_FILENAMES'] === undefined && existsSync(swiftShader))
    process.env['VK_ICD_FILENAMES'] = swiftShader;
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const { navigator } = globalThis;
  if (typeof navigator === 'object')
    Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  else Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  return gpu;
}
