import { expect, test } from 'vitest';
import { chromiumPath } from './chromiumPath.ts';

const chromium = chromiumPath();

test.skipIf(chromium === undefined)('the tests of this folder run in Chromium too', () => {
  expect(chromium).toMatch(/chrom/i);
});
