import type { AdapterFacts } from '@gradkit/bench/gpuReport';

const programs = /swiftshader|llvmpipe|lavapipe|software rasterizer|basic render/i;

/** What an adapter says of itself. */
export function adapterFacts({
  info,
  features,
  limits,
}: Pick<GPUAdapter, 'info' | 'features' | 'limits'>): AdapterFacts {
  const { vendor, architecture, device, description } = info;
  const name = [description, device, `${vendor} ${architecture}`].find((text) => text.trim() !== '');
  return {
    name: nameOf(name ?? '') || 'unnamed adapter',
    vendor,
    architecture,
    device,
    description,
    isSoftware: info.isFallbackAdapter || programs.test(`${architecture} ${device} ${description}`),
    features: [...features].toSorted(),
    limits: Object.fromEntries(
      limitNames.map((limit): [string, number] => [limit, Number(Reflect.get(limits, limit))]),
    ),
  };
}

const limitNames = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
];

function nameOf(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}
