import { InvalidOptionError } from '@gradkit/core';
import { expect, test } from 'vitest';
import { constant } from './constant.ts';

test('stays at its value', () => {
  const schedule = constant({ value: 0.1 });
  expect([0, 1, 1e9].map(schedule)).toEqual([0.1, 0.1, 0.1]);
});

test('may be infinite, for a threshold that never clips', () => {
  expect(constant({ value: Infinity })(3)).toBe(Infinity);
});

test('refuses NaN, a string and a missing value', () => {
  expect(() => constant({ value: NaN })).toThrow(
    new InvalidOptionError(
      'constant: value must be a number other than NaN, but it is NaN. Write constant({ value: 0.1 }).',
      { remedy: 'constant({ value: 0.1 })' },
    ),
  );
  // @ts-expect-error a string is not a number
  expect(() => constant({ value: '0.1' })).toThrow('but it is "0.1"');
  // @ts-expect-error the value must be given
  expect(() => constant({})).toThrow('but it is missing');
});
