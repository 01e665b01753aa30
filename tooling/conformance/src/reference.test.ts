import * as clipNorm from '@gradkit/clip-norm';
import * as clipValue from '@gradkit/clip-value';
import { createStepper, referenceEngine } from '@gradkit/core';
import * as optimizers from '@gradkit/optimizers';
import { expect, test } from 'vitest';
import { conformanceSuite } from './conformanceSuite.ts';
import { coveredTransforms } from './transformCases.ts';

conformanceSuite({
  name: 'reference',
  create: (transform, params) => createStepper(transform, params, { engine: referenceEngine() }),
});

test('every transform of the packages has a case', () => {
  const names = Object.keys({ ...clipNorm, ...clipValue, ...optimizers });
  expect(names.filter((name) => !coveredTransforms.has(name))).toEqual([]);
});
