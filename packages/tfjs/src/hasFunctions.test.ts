import { expect, test } from 'vitest';
import { hasFunctions } from './hasFunctions.ts';

test('an object has functions if it has all of them, its own or inherited', () => {
  expect(hasFunctions(new Map(), ['get', 'set'])).toBe(true);
  expect(hasFunctions({ get: () => 1 }, ['get', 'set'])).toBe(false);
  expect(hasFunctions({ get: 1 }, ['get'])).toBe(false);
});

test.each([null, undefined, 1, 'get', () => 1])('%s has none', (value) => {
  expect(hasFunctions(value, [])).toBe(false);
});
