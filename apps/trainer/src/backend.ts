import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Binding } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs';
import { InputError } from './inputError.ts';

export const backendNames = ['auto', 'cpu', 'wasm', 'node', 'webgpu'] as const;

/** What computes: a backend of TensorFlow.js by its short name, or the best there is. */
export type BackendName = (typeof backendNames)[number];

/** A backend of TensorFlow.js that is active now. */
export interface ActiveBackend {
  readonly name: Exclude<BackendName, 'auto'>;
  /** What was chosen and why, in one line. */
  readonly note: string;
  /** What runs the transforms on it; without one they run operation by operation. */
  readonly binding: Binding | undefined;
}

interface Backend {
  /** What it is, for the note. */
  readonly what: string;
  /** The name that TensorFlow.js knows it by. */
  readonly registered: string;
  /** Loads it, so that `tf.setBackend` finds it. */
  load(): Promise<void>;
  /** The package that runs transforms on it, loaded only if it is used. */
  binding?(): Promise<Binding>;
}

/** The backends, best first: that is the order in which `auto` tries them. */
const backends: Readonly<Record<ActiveBackend['name'], Backend>> = {
  webgpu: {
    what: 'WebGPU',
    registered: 'webgpu',
    load: () => Promise.reject(new Error('no binding for it is built into this trainer')),
  },
  node: {
    what: 'TensorFlow through tfjs-node',
    registered: 'tensorflow',
    load: async () => {
      const { loadTensorFlow } = await import('@gradkit/tfjs-node');
      await loadTensorFlow();
    },
    binding: async () => (await import('@gradkit/tfjs-node')).node(),
  },
  wasm: {
    what: 'WebAssembly',
    registered: 'wasm',
    load: async () => {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')))}/`);
    },
    binding: async () => (await import('@gradkit/tfjs-wasm')).wasm(),
  },
  cpu: {
    what: 'plain JavaScript',
    registered: 'cpu',
    load: () => Promise.resolve(),
    binding: async () => (await import('@gradkit/tfjs-cpu')).cpu(),
  },
};

/**
 * Makes a backend the active one.
 *
 * @throws {InputError} if the one that was asked for is not there, with the reason and those that are.
 */
export async function activateBackend(name: BackendName): Promise<ActiveBackend> {
  tf.enableProdMode();
  if (name !== 'auto') {
    const refusal = await activate(name);
    if (refusal === undefined) return describe(name, 'as asked');
    throw new InputError(
      `The backend ${name} is not there: ${refusal}. --backend auto takes the best that is.`,
    );
  }
  const missing: string[] = [];
  for (const candidate of ['webgpu', 'node', 'wasm', 'cpu'] as const) {
    const refusal = await activate(candidate);
    if (refusal === undefined) return describe(candidate, ['the best that is there', ...missing].join('; '));
    missing.push(`no ${candidate}: ${refusal}`);
  }
  throw new InputError(`No backend of TensorFlow.js is there: ${missing.join('; ')}.`);
}

async function describe(name: ActiveBackend['name'], why: string): Promise<ActiveBackend> {
  const { what, binding } = backends[name];
  const bound = await binding?.();
  const steps = bound === undefined ? 'transforms operation by operation' : `transforms by ${bound.name}`;
  return { name, binding: bound, note: `Backend ${name} (${what}, ${steps}): ${why}.` };
}

/** Activates a backend, or says why that cannot be. */
async function activate(name: ActiveBackend['name']): Promise<string | undefined> {
  const { registered, load } = backends[name];
  try {
    await load();
    if (!(await tf.setBackend(registered))) return `TensorFlow.js could not start it`;
    await tf.ready();
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return (message.split('\n')[0] ?? '').replace(/\.$/, '');
  }
}
