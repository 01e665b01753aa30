/** A value that a plan promises. */
export function required<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw new Error('A plan refers to something that it does not have; this is a fault of @gradkit/wasm.');
}
