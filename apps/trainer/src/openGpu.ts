import { nodeGpu } from '@gradkit/gpu/node';

/** The adapter that TensorFlow.js's WebGPU backend takes. */
interface GpuAdapter {
  readonly name: string;
  /** Whether it is a program that runs on the CPU, such as SwiftShader. */
  readonly isSoftware: boolean;
}

let opened: Promise<GpuAdapter> | undefined;

/**
 * Registers TensorFlow.js's WebGPU backend on Dawn, once in a process.
 *
 * @throws {Error} if there is no adapter, with what to install.
 */
export function openGpu(): Promise<GpuAdapter> {
  opened ??= open();
  return opened;
}

async function open(): Promise<GpuAdapter> {
  const gpu = await nodeGpu({ drivers: 'all' });
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    throw new Error(
      'Dawn finds no WebGPU adapter (on Linux it needs the Vulkan loader, libvulkan1, and a driver of the GPU)',
    );
  }
  // Dawn's constants have to be there when this is loaded.
  const { registerRaisedWebgpu } = await import('@gradkit/tfjs-webgpu');
  await registerRaisedWebgpu();
  const { description, device, vendor, isFallbackAdapter } = adapter.info;
  const name = [description, device, vendor].find((text) => text !== '') ?? 'an adapter without a name';
  return {
    name,
    // Dawn does not call every driver of that kind a fallback.
    isSoftware: isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${name} ${device}`),
  };
}
