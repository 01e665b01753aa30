import { describe, expect, test } from 'vitest';
import { conformanceCases } from './conformanceCases.ts';
import type { ConformanceCase } from './conformanceCase.ts';
import {
  differencesFromReference,
  fits,
  skipOf,
  type CreateSubject,
  type Skip,
} from './differencesFromReference.ts';

/** Who is held to the reference. */
export interface ConformanceSuiteOptions {
  readonly name: string;
  readonly create: CreateSubject;
  readonly skip?: readonly Skip[];
  /**
   * Why numbers below 2^-126 may count as zeros here, where they may: a number is right, too, that the reference gives when such
   * gradients and parameters are zeros.
   */
  readonly flushesDenormals?: string;
  /** Which cases are run. Default: all. */
  readonly cases?: readonly ConformanceCase[];
}

/**
 * Declares the tests that hold an engine or a binding to core's reference: everything that can be seen of a transform (updates or
 * parameters, reports, state) after each step, bit for bit or within the relative error that the case allows.
 *
 * @example conformanceSuite({ name: 'wasm', create: (transform, params) => createStepper(transform, params, { engine }), skip: [] });
 */
export function conformanceSuite({
  name,
  create,
  skip = [],
  flushesDenormals,
  cases = conformanceCases,
}: ConformanceSuiteOptions): void {
  const allowed = flushesDenormals === undefined ? '' : ` (${flushesDenormals})`;
  describe(`${name} conforms to the reference${allowed}`, () => {
    for (const conformanceCase of cases) {
      const skipped = skipOf(conformanceCase, skip);
      if (skipped !== undefined) {
        test.skip(`${conformanceCase.name} (skipped: ${skipped.reason})`, () => {});
        continue;
      }
      test(conformanceCase.name, async () => {
        const found = await differencesFromReference(conformanceCase, create, flushesDenormals !== undefined);
        expect(found, found.join('\n')).toEqual([]);
      });
    }

    test('every skip has a reason and names a case', () => {
      const idle = skip.flatMap(({ reason, cases: patterns }) =>
        patterns.filter((pattern) => reason === '' || !cases.some((known) => fits(pattern, known.name))),
      );
      expect(idle).toEqual([]);
    });
  });
}
