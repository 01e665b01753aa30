import { bindingFuzz, bindingGoldens, bindingSuite } from '@gradkit/conformance/bindings';
import { createWasmEngine } from '@gradkit/wasm/binding';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe } from 'vitest';
import { wasm } from './wasm.ts';

async function prepare(): Promise<void> {
  setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')))}/`);
  await tf.setBackend('wasm');
}

bindingSuite({
  name: 'wasm()',
  backend: 'wasm',
  create: wasm,
  prepare,
  missingKernels: ['Einsum'],
});

describe('wasm()', () => {
  beforeAll(prepare);
  bindingGoldens({ create: wasm });
  bindingFuzz({ create: wasm, engine: createWasmEngine() });
});
