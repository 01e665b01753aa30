import { expect, test } from 'vitest';
import { byteCount, duration, significant } from './formatNumbers.ts';

test('numbers have three significant digits', () => {
  expect([0, 0.98765, 1, 9.996, 123.4, 98_765].map((value) => significant(value))).toEqual([
    '0',
    '0.988',
    '1.00',
    '10.0',
    '123',
    '98800',
  ]);
  expect(significant(NaN)).toBe('–');
});

test('durations have the unit that fits', () => {
  expect([0.00432, 0.9994, 0.9996, 8.4176, 999.4, 3712].map(duration)).toEqual([
    '4.32 µs',
    '999 µs',
    '1.00 ms',
    '8.42 ms',
    '999 ms',
    '3.71 s',
  ]);
});

test('bytes have the unit that fits', () => {
  expect([12, 2144, 335_544_320, 3.2e9].map(byteCount)).toEqual(['12 B', '2.14 kB', '336 MB', '3.20 GB']);
});
