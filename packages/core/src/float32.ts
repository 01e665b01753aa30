/** What float32 makes of a number, and the nearest one that is accepted. */
export interface RoundedAway {
  readonly rounded: number;
  readonly nearest: number | undefined;
}

/**
 * What float32 makes of a number that means another thing there: 0 of 1e-46, Infinity of 1e39, 1 of 0.99999999; undefined where rounding is
 * not to blame. `accepts` judges exact numbers.
 */
export function roundedAway(value: number, accepts: (exact: number) => boolean): RoundedAway | undefined {
  const rounded = Math.fround(value);
  if (rounded === value || !accepts(value)) return undefined;
  const sign = Math.sign(value);
  // The least number that no engine takes for 0, the largest, and the neighbours.
  const candidates =
    rounded === 0
      ? [sign * 2 ** -126]
      : Number.isFinite(rounded)
        ? [1 - 2 ** -24, 1 + 2 ** -24, 1 + 2 ** -23].map((factor) => Math.fround(rounded * factor))
        : [sign * (2 - 2 ** -23) * 2 ** 127];
  const nearest = candidates.find(accepts);
  return { rounded, nearest: nearest === undefined ? undefined : Number(nearest.toPrecision(9)) };
}
