import { expect, test } from 'vitest';
import { domainOf } from './thresholdHistogram.ts';

test('the axis has whole decades around the values and the threshold', () => {
  expect(domainOf([0.2, 3, 40], 0.5)).toEqual([-1, 2]);
  expect(domainOf([2], 2)).toEqual([-1, 1]);
  expect(domainOf([], 5)).toEqual([-1, 1]);
});

test('a threshold far from all values leaves them where they are seen', () => {
  expect(domainOf([0.2, 40], 1e30)).toEqual([-1, 6]);
  expect(domainOf([0.2, 40], 1e-30)).toEqual([-5, 2]);
});

test('values that no axis has a place for are left out', () => {
  expect(domainOf([0, NaN, Infinity, 5], 5)).toEqual([-1, 1]);
  expect(domainOf([1e-40, 5], 5)).toEqual([-12, 1]);
});
