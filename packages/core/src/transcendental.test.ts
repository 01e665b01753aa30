import { describe, expect, test } from 'vitest';
import { exp, log, pow, tanh } from './transcendental.ts';

/** Points from `from` to `to`, denser near zero. */
function points(from: number, to: number): number[] {
  return Array.from({ length: 2001 }, (_, index) => from + (to - from) * (index / 2000) ** 3);
}

function relativeError(value: number, expected: number): number {
  return value === expected ? 0 : Math.abs(value - expected) / Math.abs(expected);
}

test('exp is right to 1e-15 over the range of float32 and beyond', () => {
  for (const x of [...points(0, 700), ...points(0, -700)])
    expect(relativeError(exp(x), Math.exp(x))).toBeLessThan(1e-15);
});

test('log is right to 1e-15, near 1 and for subnormal numbers too', () => {
  const values = [
    ...points(1e-300, 1e300),
    ...points(1e-5, 10),
    1 + 2 ** -23,
    1 - 2 ** -24,
    5e-324,
    1e-310,
    1.4e-45,
  ];
  for (const x of values) expect(relativeError(log(x), Math.log(x))).toBeLessThan(1e-15);
});

test('tanh is right to 1e-15, near 0 too', () => {
  for (const x of [...points(0, 25), ...points(0, -25), 1e-3, 1.01e-3, 0.35, 0.3499]) {
    expect(relativeError(tanh(x), Math.tanh(x))).toBeLessThan(1e-15);
  }
});

test('pow is right to a float32, whatever the exponent', () => {
  for (const x of points(1e-30, 1e30)) {
    for (const y of [-1.25, -1, -0.5, 0.1, 0.5, 1, 1.1])
      expect(relativeError(pow(x, y), x ** y)).toBeLessThan(3e-14);
  }
});

describe('at the edges', () => {
  test('exp', () => {
    expect([0, -0, -Infinity, Infinity, NaN, 710, -746].map(exp)).toEqual([
      1,
      1,
      0,
      Infinity,
      NaN,
      Infinity,
      0,
    ]);
  });

  test('log', () => {
    expect([1, 0, -0, -1, Infinity, -Infinity, NaN].map(log)).toEqual([
      0,
      -Infinity,
      -Infinity,
      NaN,
      Infinity,
      NaN,
      NaN,
    ]);
  });

  test('tanh', () => {
    expect([0, -0, Infinity, -Infinity, NaN, 23, -23].map(tanh)).toEqual([0, -0, 1, -1, NaN, 1, -1]);
    expect(tanh(5e-324)).toBe(5e-324);
  });

  test('pow agrees with IEEE 754', () => {
    const bases = [0, -0, 1, -1, 2, -2, 0.5, -0.5, Infinity, -Infinity, NaN];
    for (const x of bases) {
      for (const y of [0, -0, 1, -1, 2, 3, -3, 0.5, Infinity, -Infinity, NaN]) {
        // JavaScript's own differs from IEEE 754 in these two.
        const isOne = x === 1 || (x === -1 && Math.abs(y) === Infinity);
        const expected = isOne ? 1 : x ** y;
        const isOrdinary = Number.isFinite(expected) && expected !== 0;
        const value = isOrdinary ? Number(pow(x, y).toPrecision(14)) : pow(x, y);
        expect(value, `pow(${x}, ${y})`).toBe(isOrdinary ? Number(expected.toPrecision(14)) : expected);
      }
    }
  });
});
