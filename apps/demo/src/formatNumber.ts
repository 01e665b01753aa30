/** A number in few digits: 0.0312, 41, 3.2e9. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-3))
    return value.toExponential(1).replace('.0e', 'e').replace('e+', 'e');
  return String(Number(value.toPrecision(3)));
}

/** A share in percent: 37 %. */
export function formatShare(value: number): string {
  const percent = 100 * value;
  return `${percent > 0 && percent < 1 ? '< 1' : Math.round(percent)} %`;
}
