/** The share of `length` steps from `begin` on that lies behind `step`: 0 before and 1 after. */
export function progress(step: number, begin: number, length: number): number {
  return Math.min(Math.max((step - begin) / length, 0), 1);
}
