import { isPartThere } from '@gradkit/machine/part';

/** What a test asks of a device. */
export interface TestDeviceOptions {
  /** Storage buffers that a shader can bind. Default: 8, which every device has. */
  readonly storageBuffers?: number;
  /** The largest binding, in bytes. Default: 128 MiB, which every device has. */
  readonly largestBinding?: number;
  readonly subgroups?: boolean;
}

/** Whether tests run in a browser. */
export const isInBrowser: boolean = typeof document !== 'undefined';

/**
 * A new WebGPU device, or undefined where the machine has none, or none that has what is asked.
 *
 * @throws if `GRADKIT_REQUIRE` names `webgpu` and there is none, and in a browser without an adapter.
 */
export async function requestTestDevice(options: TestDeviceOptions = {}): Promise<GPUDevice | undefined> {
  const adapter = await requestTestAdapter();
  if (adapter === undefined) return undefined;
  const { storageBuffers = 8, largestBinding, subgroups = false } = options;
  try {
    return await adapter.requestDevice({
      requiredFeatures: subgroups && adapter.features.has('subgroups') ? ['subgroups'] : [],
      requiredLimits: {
        maxStorageBuffersPerShaderStage: storageBuffers,
        ...(largestBinding === undefined
          ? {}
          : { maxStorageBufferBindingSize: largestBinding, maxBufferSize: largestBinding }),
      },
    });
  } catch (error) {
    if (isInBrowser) throw error;
    isPartThere('webgpu', `the adapter refuses a device: ${messageOf(error)}.`);
    return undefined;
  }
}

/**
 * The machine's WebGPU adapter, or undefined, with the reason on the console.
 *
 * @throws if `GRADKIT_REQUIRE` names `webgpu` and there is no adapter, and in a browser without one: who starts a browser has looked.
 */
export async function requestTestAdapter(): Promise<GPUAdapter | undefined> {
  if (isInBrowser) {
    const inBrowser = await navigator.gpu?.requestAdapter();
    if (inBrowser) return inBrowser;
    throw new Error('This browser has no WebGPU adapter. Start it with --enable-unsafe-webgpu.');
  }
  const { adapter, missing } = await adapterOfNode();
  return isPartThere('webgpu', missing) ? adapter : undefined;
}

async function adapterOfNode(): Promise<{ adapter?: GPUAdapter; missing?: string }> {
  try {
    const { nodeGpu } = await import('./nodeGpu.ts');
    const gpu = await nodeGpu({ drivers: 'software' });
    const adapter = await gpu.requestAdapter();
    if (adapter !== null) return { adapter };
    return {
      missing: "Dawn finds no WebGPU adapter: Vulkan's drivers have no device here. Install chromium.",
    };
  } catch (error) {
    return { missing: `${messageOf(error)}. Install the packages chromium and libvulkan1.` };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
