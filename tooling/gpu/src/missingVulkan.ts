import { vulkanDrivers } from './vulkanDrivers.ts';

/** What Vulkan on Linux consists of. */
export interface VulkanHalves {
  readonly hasLoader: boolean;
  /** The manifests of drivers. */
  readonly drivers: readonly string[];
}

/** Why WebGPU in Node cannot run here, whichever half of Vulkan is missing; undefined where both are there, and on other systems. */
export function missingVulkan(halves: VulkanHalves | undefined = vulkanHalves()): string | undefined {
  if (halves === undefined) return undefined;
  if (halves.drivers.length === 0) return 'this machine has no Vulkan driver, which WebGPU in Node runs on';
  if (halves.hasLoader) return undefined;
  return 'this machine has no Vulkan loader, which WebGPU in Node runs on (libvulkan.so.1, in Debian the package libvulkan1)';
}

function vulkanHalves(): VulkanHalves | undefined {
  if (process.platform !== 'linux') return undefined;
  return { hasLoader: isLoadable('libvulkan.so.1'), drivers: vulkanDrivers() };
}

/** Whether the system's loader finds a library, wherever it looks. */
function isLoadable(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library);
    return true;
  } catch (error) {
    // It is loaded before Node finds that it is no addon.
    return error instanceof Error && error.message.includes('did not self-register');
  }
}
