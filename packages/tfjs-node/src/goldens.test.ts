import { transformFromJSON } from '@gradkit/core';
import { tfjsSubject } from '@gradkit/conformance/tfjsSubject';
import { goldenError, goldenRegistry, loadGoldenCases } from '@gradkit/goldens';
import { useNativeInTests } from '@gradkit/libtensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { node } from './node.ts';
import { withNativeGradients } from './withNativeGradients.ts';

// What is refused is refused before a binding is asked.
const cases = loadGoldenCases().flatMap((goldenCase) => {
  const { ours, transform } = goldenCase;
  if ('throws' in ours) return [];
  const isHandedOver = transformFromJSON(transform, goldenRegistry).yields === 'gradients';
  return [{ ...goldenCase, ours, canBeSeen: isHandedOver === (ours.what === 'updates') }];
});

describe.skipIf(!useNativeInTests())('node() gives what the golden cases ask for', () => {
  beforeAll(async () => {
    await import('@tensorflow/tfjs-node');
    await tf.setBackend('tensorflow');
  });

  test.for(cases)('$name', async ({ transform, leaves, steps, ours, limits, canBeSeen }, { skip }) => {
    skip(!canBeSeen, 'a tf.Optimizer applies its updates and hands none over');
    const made = transformFromJSON(transform, goldenRegistry);
    const starts = Array.from(
      leaves,
      ([name, { shape, params }]) => [name, { shape, values: params }] as const,
    );
    const subject = tfjsSubject(made, Object.fromEntries(starts), withNativeGradients(node()));
    try {
      for (const [index, { gradients }] of steps.entries()) {
        const given = Object.fromEntries(gradients);
        if (ours.what === 'params') await subject.step(given);
        const values = ours.what === 'params' ? await subject.params() : await subject.update(given);
        const wanted = ours.perStep.find(({ step }) => step === index + 1)?.leaves;
        for (const [leaf, numbers] of wanted ?? []) {
          const error = goldenError(limits.measure, values[leaf] ?? new Float32Array(0), numbers);
          expect(error, `step ${index + 1}, ${leaf}`).toBeLessThanOrEqual(limits.tolerance);
        }
      }
    } finally {
      subject.dispose?.();
    }
  });
});
