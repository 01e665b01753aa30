/** A number with four decimals, or in scientific notation where it would be longer than ten characters. */
export function formatNumber(value: number): string {
  return Number.isFinite(value) && Math.abs(value) >= 1e5 ? value.toExponential(4) : value.toFixed(4);
}
