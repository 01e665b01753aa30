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
  /** What it is, with the adapter's name where there is one. */
  readonly what: string;
  /** What was chosen and why, in one line. */
  readonly note: string;
  /** What runs the transforms on it. */
  readonly binding: Binding;
}

interface Backend {
  /** The name that TensorFlow.js knows it by. */
  readonly registered: string;
  /**
   * Loads it, so that `tf.setBackend` finds it, and says what it is.
   *
   * @throws if it is not there; where nobody `asked` for it by name, also if another one would be better.
   */
  load(asked: boolean): Promise<string>;
  /** The package that runs transforms on it, loaded only if it is used. */
  binding(): Promise<Binding>;
}

const backends: Readonly<Record<ActiveBackend['name'], Backend>> = {
  webgpu: {
    registered: 'webgpu',
    load: async (asked) => {
      const { name, isSoftware } = await (await import('./openGpu.ts')).openGpu();
      if (isSoftware && !asked) throw new Error(`the only adapter is ${name}, which runs on the CPU`);
      return `WebGPU on ${name}`;
    },
    binding: async () => (await import('@gradkit/tfjs-webgpu')).webgpu(),
  },
  node: {
    registered: 'tensorflow',
    load: async () => {
      // TensorFlow greets everybody who loads it (2.21 says two lines on oneDNN even so, before it looks at the level), and tfjs-node calls what Node has deprecated.
      process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
      process.noDeprecation = true;
      // Its native part may be the one that `pnpm native` made.
      (await import('@gradkit/libtensorflow')).useNative();
      await (await import('@gradkit/tfjs-node')).loadTensorFlow();
      return 'TensorFlow through tfjs-node';
    },
    binding: async () => (await import('@gradkit/tfjs-node')).node(),
  },
  wasm: {
    registered: 'wasm',
    load: async () => {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')))}/`);
      return 'WebAssembly';
    },
    binding: async () => (await import('@gradkit/tfjs-wasm')).wasm(),
  },
  cpu: {
    registered: 'cpu',
    load: () => Promise.resolve('plain JavaScript'),
    binding: async () => (await import('@gradkit/tfjs-cpu')).cpu(),
  },
};

/** Best first: the order in which `auto` tries them. */
const bestFirst = ['webgpu', 'node', 'wasm', 'cpu'] as const;

/**
 * Makes a backend the active one.
 *
 * @throws {InputError} if the one that was asked for is not there, with the reason and those that are.
 */
export async function activateBackend(name: BackendName): Promise<ActiveBackend> {
  tf.enableProdMode();
  if (name !== 'auto') {
    const active = await activate(name, { asked: true, why: () => 'as asked' });
    if (typeof active !== 'string') return active;
    throw new InputError(
      `The backend ${name} is not there: ${active}. --backend auto takes the best that is.`,
    );
  }
  const missing: string[] = [];
  for (const candidate of bestFirst) {
    const why = (): string => ['the best that is there', ...missing].join('; ');
    const active = await activate(candidate, { asked: false, why });
    if (typeof active !== 'string') return active;
    missing.push(`no ${candidate}: ${active}`);
  }
  throw new InputError(`No backend of TensorFlow.js is there: ${missing.join('; ')}.`);
}

/** Activates a backend, or says why that cannot be. */
async function activate(
  name: ActiveBackend['name'],
  { asked, why }: { readonly asked: boolean; readonly why: () => string },
): Promise<ActiveBackend | string> {
  const { registered, load, binding } = backends[name];
  try {
    const what = await load(asked);
    if (!(await tf.setBackend(registered))) return 'TensorFlow.js could not start it';
    await tf.ready();
    const bound = await binding();
    return {
      name,
      what,
      binding: bound,
      note: `Backend ${name} (${what}, transforms by ${bound.name}): ${why()}.`,
    };
  } catch (error) {
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    // Who did not ask for this backend needs the reason, not the remedies.
    const reason = asked ? message : (message.split(/\. (?=[A-Z])/)[0] ?? '');
    return reason.replace(/\.$/, '');
  }
}
