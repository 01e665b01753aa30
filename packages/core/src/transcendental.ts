/*
 * exp, log, tanh and pow as Gradkit defines them: float64 arithmetic in a fixed order, made of +, -, *, / and bits only, so that
 * every machine and every engine gives the same number. `Math.exp` and its kin differ between JavaScript engines.
 * Each is right to a few units of float64's last place, far below the float32 that results are rounded to.
 */

const bits = new DataView(new ArrayBuffer(8));
const ln2High = 6.9314718036912381649e-1;
const ln2Low = 1.90821492927058770002e-10;
const inverseLn2 = 1.4426950408889634;

/** e to the power x. exp(-Infinity) = 0, exp(Infinity) = Infinity, NaN stays NaN. */
export function exp(x: number): number {
  if (x !== x) return x;
  if (x > 709.8) return Infinity;
  if (x < -745.2) return 0;
  const k = Math.floor(x * inverseLn2 + 0.5);
  const r = x - k * ln2High - k * ln2Low;
  let sum = 1;
  for (let term = 14; term >= 1; term--) sum = 1 + (r / term) * sum;
  const half = Math.floor(k / 2);
  return sum * powerOfTwo(half) * powerOfTwo(k - half);
}

/** The natural logarithm. log(0) = -Infinity, log of a negative number is NaN, log(Infinity) = Infinity. */
export function log(x: number): number {
  if (x !== x || x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  let exponent = 0;
  let mantissa = x;
  if (mantissa < 2.2250738585072014e-308) {
    mantissa *= 18014398509481984;
    exponent = -54;
  }
  bits.setFloat64(0, mantissa);
  const high = bits.getUint32(0);
  exponent += ((high >>> 20) & 0x7ff) - 1023;
  bits.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  mantissa = bits.getFloat64(0);
  if (mantissa > 1.4142135623730951) {
    mantissa /= 2;
    exponent += 1;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let series = 0;
  for (let term = 25; term >= 3; term -= 2) series = square * (1 / term + series);
  return exponent * ln2High + (2 * s * (1 + series) + exponent * ln2Low);
}

/** The hyperbolic tangent. tanh(-0) = -0, tanh(+-Infinity) = +-1, NaN stays NaN. */
export function tanh(x: number): number {
  if (x !== x) return x;
  const size = Math.abs(x);
  if (size < 0.35) {
    // e^2x - 1 by its series, where subtracting 1 from e^2x would cancel.
    let sum = 1;
    for (let term = 16; term >= 2; term--) sum = 1 + ((2 * x) / term) * sum;
    return (x * sum) / (1 + x * sum);
  }
  if (size > 22) return x > 0 ? 1 : -1;
  const e = exp(2 * size);
  const value = (e - 1) / (e + 1);
  return x > 0 ? value : -value;
}

/**
 * x to the power y, with the edge values of IEEE 754 (C's pow, and PyTorch's): pow(x, 0) = 1 and pow(1, y) = 1 for every x and y,
 * NaN included; a negative x with an exponent that is no integer is NaN.
 */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (x !== x || y !== y) return NaN;
  const size = Math.abs(x);
  // y * log(1) would be NaN. At all other corners, where x or y is infinite or x is 0, the logarithm's and the exponential's are right.
  if (size === 1 && Math.abs(y) === Infinity) return 1;
  const isInteger = Math.floor(y) === y;
  if (x < 0 && x !== -Infinity && !isInteger) return NaN;
  const value = exp(y * log(size));
  const isOdd = isInteger && Math.abs(y) < 9007199254740992 && y % 2 !== 0;
  return isOdd && (x < 0 || Object.is(x, -0)) ? -value : value;
}

function powerOfTwo(exponent: number): number {
  if (exponent < -1022) return powerOfTwo(exponent + 54) / 18014398509481984;
  bits.setUint32(0, (exponent + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}
