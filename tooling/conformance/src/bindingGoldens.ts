import { transformFromJSON } from '@gradkit/core';
import { goldenError, goldenRegistry, loadGoldenCases } from '@gradkit/goldens';
import type { Binding } from '@gradkit/tfjs';
import { describe, expect, test } from 'vitest';
import { tfjsSubject } from './tfjsSubject.ts';

/** Declares the golden cases as tests of a binding. */
export function bindingGoldens({ create }: { create: () => Binding }): void {
  // What is refused is refused before a binding is asked.
  const cases = loadGoldenCases().flatMap((goldenCase) => {
    const { ours, transform } = goldenCase;
    if ('throws' in ours) return [];
    const isHandedOver = transformFromJSON(transform, goldenRegistry).yields === 'gradients';
    return [{ ...goldenCase, ours, canBeSeen: isHandedOver === (ours.what === 'updates') }];
  });

  describe('it gives what the golden cases ask for', () => {
    test.each(cases.filter(({ canBeSeen }) => canBeSeen))(
      '$name',
      async ({ transform, leaves, steps, ours, limits }) => {
        const made = transformFromJSON(transform, goldenRegistry);
        const starts = Array.from(
          leaves,
          ([name, { shape, params }]) => [name, { shape, values: params }] as const,
        );
        const subject = tfjsSubject(made, Object.fromEntries(starts), create());
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
      },
    );

    test.skip.each(cases.filter(({ canBeSeen }) => !canBeSeen))(
      '$name (skipped: a tf.Optimizer applies its updates and hands none over)',
      () => expect.fail('skipped'),
    );
  });
}
