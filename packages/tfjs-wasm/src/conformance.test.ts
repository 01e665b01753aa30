import { conformanceSuite } from '@gradkit/conformance';
import { tfjsSubject } from '@gradkit/conformance/tfjsSubject';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll } from 'vitest';
import { wasm } from './wasm.ts';

beforeAll(async () => {
  setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')))}/`);
  await tf.setBackend('wasm');
});

conformanceSuite({
  name: 'wasm()',
  create: (transform, params) => tfjsSubject(transform, params, wasm()),
  skip: [
    {
      reason: 'TensorFlow.js keeps its variables in a plain object, which cannot hold one called __proto__',
      cases: ['names: *__proto__*'],
    },
  ],
});
