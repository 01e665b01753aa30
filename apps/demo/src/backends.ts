import type { Binding } from '@gradkit/tfjs';
import type { BackendName } from './backendNames.ts';

export interface ActiveBackend {
  /** What runs transforms on it; without one they run operation by operation. */
  readonly binding: Binding | undefined;
}

/** Loads a backend and makes it the active one. @throws if this browser lacks it, saying what is missing. */
export type Activate = (options: {
  /** Whether the person named it, so that it is taken although another would be faster. */
  readonly asked: boolean;
}) => Promise<ActiveBackend>;

/** Every backend, loaded when it is first asked for. */
export const backends: Readonly<Record<BackendName, Activate>> = {
  webgpu: async (options) => (await import('./activateWebgpu.ts')).activateWebgpu(options),
  wasm: async () => (await import('./activateWasm.ts')).activateWasm(),
  cpu: async () => (await import('./activateCpu.ts')).activateCpu(),
};
