import { adaptiveGradientClip, clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, createStepper, type Stepper } from '@gradkit/core';
import { adamw } from '@gradkit/optimizers';
import { wasmEngine } from '@gradkit/wasm';
import { describe, expect, test } from 'vitest';

const isPage = typeof document === 'object';
/** The hash of the parameters after the steps below. It may change only where the maths of a transform or the order of a sum does. */
const hashOnEveryMachine = 3_222_031_021;

/** Numbers that only integer arithmetic makes, so that every machine has the same. */
function noise(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  });
}

/** The bits of some arrays as one number. */
function hashOf(arrays: Readonly<Record<string, Float32Array>>): number {
  let hash = 0x811c9dc5;
  for (const { buffer, byteOffset, length } of Object.values(arrays)) {
    for (const word of new Uint32Array(buffer, byteOffset, length))
      hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
  }
  return hash;
}

async function trained(threads: number): Promise<{ stepper: Stepper; hash: number }> {
  const transform = chain(
    clipByGlobalNorm({ maxNorm: 0.5 }),
    adaptiveGradientClip({ clipping: 0.1 }),
    adamw({ learningRate: 0.01, weightDecay: 0.1 }),
  );
  const params = { kernel: { values: noise(300_000, 1), shape: [600, 500] }, bias: noise(501, 2) };
  const stepper = createStepper(transform, params, { engine: await wasmEngine({ threads }) });
  for (let step = 0; step < 4; step++) {
    stepper.step({ kernel: noise(300_000, 10 + step), bias: noise(501, 20 + step) });
    // The first steps are taken alone, before the other threads have started.
    await new Promise((resolve) => setTimeout(resolve, threads === 1 ? 0 : 300));
  }
  return { stepper, hash: hashOf(stepper.params()) };
}

describe('the wasm engine', () => {
  test('gives the same bits on every machine, in Node and in a browser', async () => {
    const { stepper, hash } = await trained(1);
    expect(hash).toBe(hashOnEveryMachine);
    stepper.dispose();
  });

  test('gives the same bits on two threads', async () => {
    const { stepper, hash } = await trained(2);
    expect(hash).toBe(hashOnEveryMachine);
    stepper.dispose();
  });

  if (isPage) {
    test('shares memory with its threads because the page is cross-origin isolated', () => {
      expect(globalThis.crossOriginIsolated).toBe(true);
    });
  }
});
