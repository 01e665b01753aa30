import { expect, test } from 'vitest';
import { reductionCode } from './reductionCode.ts';

test('norms of two orders are not combined alike', () => {
  const orders = [0.5, 1.5, 3, 5, 15, 1e21, 1e-21, 1e-7, 1e7];
  const names = orders.map((order) => reductionCode({ op: 'norm', over: 'leaf', order }).name);
  expect(new Set(names).size).toBe(orders.length);
});
