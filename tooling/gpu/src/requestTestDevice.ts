import { isRequired } from '@gradkit/machine/required';

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
 * A new WebGPU device, or undefined where the machine has none.
 *
 * @throws if `GRADKIT_REQUIRE` names `webgpu` and there is no adapter, and in a browser without one.
 */
export async function requestTestDevice(options: TestDeviceOptions = {}): Promise<GPUDevice | undefined> {
  const adapter = await requestTestAdapter();
  if (adapter === undefined) return undefined;
  const { storageBuffers = 8, largestBinding, subgroups = false } = options;
  return adapter.requestDevice({
    requiredFeatures: subgroups && adapter.features.has('subgroups') ? ['subgroups'] : [],
    requiredLimits: {
      maxStorageBuffersPerShaderStage: storageBuffers,
      ...(largestBinding === undefined
        ? {}
        : { maxStorageBufferBindingSize: largestBinding, maxBufferSize: largestBinding }),
    },
  });
}

/** The machine's WebGPU adapter, or undefined. */
export async function requestTestAdapter(): Promise<GPUAdapter | undefined> {
  const gpu = isInBrowser ? navigator.gpu : await gpuOfNode();
  const adapter = (await gpu?.requestAdapter()) ?? undefined;
  if (adapter === undefined && (isInBrowser || isRequired('webgpu'))) {
    throw new Error(
      'There is no WebGPU adapter. In Node install the packages chromium and libvulkan1; start a browser with --enable-unsafe-webgpu.',
    );
  }
  return adapter;
}

async function gpuOfNode(): Promise<GPU | undefined> {
  try {
    const { nodeGpu } = await import('./nodeGpu.ts');
    return await nodeGpu({ drivers: 'software' });
  } catch (error) {
    if (isRequired('webgpu')) throw error;
    return undefined;
  }
}
