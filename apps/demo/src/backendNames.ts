/** Every backend of TensorFlow.js that the page can train on, best first. */
export const backendNames = ['webgpu', 'wasm', 'cpu'] as const;

export type BackendName = (typeof backendNames)[number];

/** What they are called. */
export const backendTitles: Readonly<Record<BackendName, string>> = {
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
  cpu: 'CPU',
};
