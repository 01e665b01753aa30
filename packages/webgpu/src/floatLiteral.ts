/**
 * A float32 as WGSL text that a compiler reads back as the same bits. NaN, infinities, -0 and denormal numbers go by their bits at run
 * time, since a compiler may refuse them or round them to 0.
 */
export function floatLiteral(value: number): string {
  const isOrdinary = Number.isFinite(value) && (Math.abs(value) >= 2 ** -126 || Object.is(value, 0));
  if (!isOrdinary) return `from_bits(0x${bitsOf(value).toString(16).padStart(8, '0')}u)`;
  const text = shortestText(value);
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}

/** The bits of a float32. */
function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

function shortestText(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === Math.fround(value)) return text;
  }
  return String(Math.fround(value));
}
