// Knuth's multiplicative hash. torchPeer.py has the same formula, so that every contestant starts from the same numbers.
const multiplier = 2_654_435_761;

/** `length` numbers in [-1, 1) that look random and are the same everywhere: those from `start` of one endless row. */
export function uniformValues(length: number, start: number): Float32Array {
  const values = new Float32Array(length);
  for (let index = 0; index < length; index++) {
    values[index] = (Math.imul(start + index, multiplier) >>> 0) / 2 ** 31 - 1;
  }
  return values;
}
