import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { parameterCount } from './parameterTree.ts';
import { prepareTfjsNode } from './tfjsNode.ts';
import type { UpdateTask } from './updateTask.ts';

/** The backends of TensorFlow.js; `tensorflow` is tfjs-node's. */
export type TfjsBackend = 'cpu' | 'wasm' | 'tensorflow';

let isPrepared = false;

/** Makes a backend the active one, which takes no time once it was. */
export async function activateBackend(backend: TfjsBackend): Promise<void> {
  if (!isPrepared) {
    tf.enableProdMode();
    setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')))}/`);
    isPrepared = true;
  }
  if (backend === 'tensorflow') await prepareTfjsNode();
  if (!(await tf.setBackend(backend)))
    throw new Error(`TensorFlow.js could not start its ${backend} backend.`);
}

/** TensorFlow.js's version and the backend. */
export function tfjsVersion(backend: TfjsBackend): string {
  const means = {
    wasm: 'SIMD build, one thread',
    cpu: 'own arrays',
    tensorflow: 'libtensorflow, all threads',
  };
  return `TensorFlow.js ${tf.version_core}, ${backend} backend, Node's ${means[backend]}`;
}

/** tfjs-backend-wasm's memory ends at 2 GB: parameters, gradients, Adam's state and a clip's copies of 30 million numbers. */
export function tooLargeForBackend(backend: TfjsBackend): (task: UpdateTask) => string | undefined {
  return ({ tree }) =>
    backend === 'wasm' && parameterCount(tree) > 3e7
      ? "more than TensorFlow.js's wasm memory holds"
      : undefined;
}
