/** A number with so many significant digits and no exponent. */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(digits));
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(rounded))));
  return rounded.toFixed(decimals);
}

/** Milliseconds with the unit that fits: 4.32 µs, 8.42 ms, 3.71 s. */
export function duration(milliseconds: number): string {
  if (Math.abs(milliseconds) >= 999.5) return `${significant(milliseconds / 1000)} s`;
  if (Math.abs(milliseconds) >= 0.9995) return `${significant(milliseconds)} ms`;
  return `${significant(milliseconds * 1000)} µs`;
}

/** Bytes: 335 MB. */
export function byteCount(bytes: number): string {
  if (bytes >= 1e9) return `${significant(bytes / 1e9)} GB`;
  if (bytes >= 1e6) return `${significant(bytes / 1e6)} MB`;
  if (bytes >= 1e3) return `${significant(bytes / 1e3)} kB`;
  return `${bytes} B`;
}
