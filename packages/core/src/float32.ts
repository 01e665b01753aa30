/** The least number above 0 that no engine takes for 0. */
const least = 2 ** -126;
const largest = (2 - 2 ** -23) * 2 ** 127;

/**
 * What float32 makes of a number that means another thing there: 0 of 1e-46, Infinity of 1e39, 1 of 0.99999999; undefined where rounding is
 * not to blame. `accepts` judges exact numbers.
 */
export function roundedAway(
  value: number,
  accepts: (exact: number) => boolean,
): { readonly rounded: number; readonly nearest: string | undefined } | undefined {
  const rounded = Math.fround(value);
  if (rounded === value || value !== value || !accepts(value)) return undefined;
  const vanishes = rounded === 0 || !Number.isFinite(rounded);
  if (!vanishes && accepts(rounded)) return undefined;
  const candidates = vanishes
    ? [Math.sign(value) * (rounded === 0 ? least : largest)]
    : [neighbour(rounded, 1), neighbour(rounded, -1)];
  const nearest = candidates.find(accepts);
  return { rounded, nearest: nearest === undefined ? undefined : shortest(nearest) };
}

/** The next float32 above or below a number other than 0. */
function neighbour(value: number, direction: 1 | -1): number {
  const bits = new Int32Array(Float32Array.of(value).buffer);
  bits[0] = (bits[0] ?? 0) + (value > 0 ? direction : -direction);
  return new Float32Array(bits.buffer)[0] ?? NaN;
}

/** A float32 with no more digits than tell it from its neighbours. */
function shortest(value: number): string {
  for (let digits = 1; ; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value || digits === 9) return text;
  }
}
