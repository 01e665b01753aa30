import { bindingFuzz, bindingGoldens, bindingSuite } from '@gradkit/conformance/bindings';
import { createWasmEngine } from '@gradkit/wasm/binding';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe } from 'vitest';
import { cpu } from './cpu.ts';

// The kernel hands its operand back as its result and counts one holder: with TensorFlow.js's own optimizers what is held is freed.
const missingKernels = ['Einsum'] as const;
const prepare = async (): Promise<void> => void (await tf.setBackend('cpu'));

bindingSuite({ name: 'cpu()', backend: 'cpu', create: () => cpu(), prepare, missingKernels });
bindingSuite({
  name: 'cpu({ fresh: true })',
  backend: 'cpu',
  create: () => cpu({ fresh: true }),
  prepare,
  missingKernels,
});

describe('cpu()', () => {
  beforeAll(prepare);
  bindingGoldens({ create: () => cpu() });
  bindingFuzz({ create: () => cpu(), engine: createWasmEngine() });
});

describe('cpu({ fresh: true })', () => {
  beforeAll(prepare);
  bindingFuzz({ create: () => cpu({ fresh: true }), engine: createWasmEngine() });
});
