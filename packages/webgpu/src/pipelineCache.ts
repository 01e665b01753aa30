import type { Shader } from './writeShader.ts';

/** Compiles each shader once for a device, whatever session or leaves it is for. */
export interface PipelineCache {
  /** Compiles at once, holding up the host. */
  compile(shader: Shader): GPUComputePipeline;
  /** Compiles without holding up the host. */
  compileAsync(shader: Shader): Promise<GPUComputePipeline>;
}

const computeStage = 0x4;

/** Sets up a cache of pipelines by the text of their shaders, which says what they bind, too. */
export function createPipelineCache(device: GPUDevice): PipelineCache {
  const ready = new Map<string, GPUComputePipeline>();
  const coming = new Map<string, Promise<GPUComputePipeline>>();
  const describe = (shader: Shader): GPUComputePipelineDescriptor => ({
    label: 'gradkit',
    layout: device.createPipelineLayout({
      bindGroupLayouts: [
        device.createBindGroupLayout({
          entries: bindingTypes(shader).map((type, binding) => ({
            binding,
            visibility: computeStage,
            buffer: { type },
          })),
        }),
      ],
    }),
    compute: { module: device.createShaderModule({ label: 'gradkit', code: shader.code }) },
  });
  return {
    compile: (shader) => {
      const known = ready.get(shader.code);
      if (known !== undefined) return known;
      const pipeline = device.createComputePipeline(describe(shader));
      ready.set(shader.code, pipeline);
      return pipeline;
    },
    compileAsync: (shader) => {
      const known = ready.get(shader.code);
      if (known !== undefined) return Promise.resolve(known);
      const begun = coming.get(shader.code);
      if (begun !== undefined) return begun;
      const promise = device
        .createComputePipelineAsync(describe(shader))
        .then((pipeline) => {
          ready.set(shader.code, pipeline);
          return pipeline;
        })
        .finally(() => coming.delete(shader.code));
      coming.set(shader.code, promise);
      return promise;
    },
  };
}

function bindingTypes({ access, bindsArena, leavesBound }: Shader): GPUBufferBindingType[] {
  const ofLeaf: GPUBufferBindingType[] = [
    ...(access.parameter === undefined
      ? []
      : [access.parameter === 'write' ? ('storage' as const) : ('read-only-storage' as const)]),
    ...(access.gradient ? ['read-only-storage' as const] : []),
    ...(access.update ? ['storage' as const] : []),
  ];
  return [
    'uniform',
    'uniform',
    'storage',
    ...(bindsArena ? ['storage' as const] : []),
    ...Array.from({ length: leavesBound }, () => ofLeaf).flat(),
  ];
}
