import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe } from 'vitest';
import { conformanceSuite } from './conformanceSuite.ts';
import type { Skip } from './differencesFromReference.ts';
import { tfjsSubject } from './tfjsSubject.ts';

const everywhere: readonly Skip[] = [
  {
    reason: 'TensorFlow.js keeps its variables in a plain object, which cannot hold one called __proto__',
    cases: ['names: *__proto__*'],
  },
];

const onWasm: readonly Skip[] = [
  {
    reason: 'of 0 and -0, the kernel of maximum and minimum takes the one that comes first',
    cases: [
      'elementwise: maximum',
      'elementwise: minimum',
      'elementwise: maximum with the constant 0',
      'elementwise: minimum with the constant -0',
    ],
  },
  {
    reason: 'the kernel of sum adds in float32',
    cases: ['reduction: sum over * of numbers whose partial sums leave float32'],
  },
];

describe('cpu', () => {
  beforeAll(async () => void (await tf.setBackend('cpu')));
  conformanceSuite({ name: 'TensorFlow.js on cpu, op by op', create: tfjsSubject, skip: everywhere });
});

describe('wasm', () => {
  beforeAll(async () => {
    setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')))}/`);
    await tf.setBackend('wasm');
  });
  conformanceSuite({
    name: 'TensorFlow.js on wasm, op by op',
    create: tfjsSubject,
    skip: [...everywhere, ...onWasm],
  });
});
