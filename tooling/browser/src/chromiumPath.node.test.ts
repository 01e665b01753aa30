import { chromiumPath } from '@gradkit/machine/chromium';
import { expect, test } from 'vitest';

const chromium = chromiumPath();

test.skipIf(chromium === undefined)('the tests of this folder run in Chromium too', () => {
  expect(chromium).toMatch(/chrom/i);
});
