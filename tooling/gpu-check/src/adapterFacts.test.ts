import { expect, test } from 'vitest';
import { adapterFacts } from './adapterFacts.ts';

const limits = { maxBufferSize: 1024 };

function factsOf(info: Partial<GPUAdapterInfo>): ReturnType<typeof adapterFacts> {
  const adapter = {
    info: { vendor: '', architecture: '', device: '', description: '', isFallbackAdapter: false, ...info },
    features: new Set(['b', 'a']),
    limits,
  };
  // Only what is read of an adapter is there.
  return Reflect.apply(adapterFacts, undefined, [adapter]);
}

test('a card is called by its description, else by its device, else by vendor and architecture', () => {
  expect(factsOf({ description: 'NVIDIA H100  PCIe', device: 'x' }).name).toBe('NVIDIA H100 PCIe');
  expect(factsOf({ device: 'h100' }).name).toBe('h100');
  expect(factsOf({ vendor: 'nvidia', architecture: 'hopper' }).name).toBe('nvidia hopper');
  expect(factsOf({}).name).toBe('unnamed adapter');
});

test('SwiftShader, llvmpipe and whatever calls itself a fallback are programs, an NVIDIA card is not', () => {
  expect(factsOf({ architecture: 'swiftshader' }).isSoftware).toBe(true);
  expect(factsOf({ description: 'llvmpipe (LLVM 15.0.6, 256 bits)' }).isSoftware).toBe(true);
  expect(factsOf({ isFallbackAdapter: true }).isSoftware).toBe(true);
  expect(factsOf({ vendor: 'nvidia', architecture: 'hopper', description: 'NVIDIA H100' }).isSoftware).toBe(
    false,
  );
});
