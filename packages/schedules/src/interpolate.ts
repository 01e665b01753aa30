/**
 * The value at `fraction` (0 to 1) of the way. Both ends are exact, and equal ends give a constant: the rounding of
 * `from + (to - from) * fraction` alone could miss `to` by one unit in the last place, and the sign of a `from` of -0.
 */
export function interpolate(from: number, to: number, fraction: number): number {
  if (fraction === 0) return from;
  return fraction === 1 ? to : from + (to - from) * fraction;
}

/**
 * How far half a cosine wave has come at `fraction` of its length, flat at both ends: 0 at 0, 1/2 at 1/2, 1 at 1.
 * `(1 - cos(pi * fraction)) / 2`, written as the square of a sine, which keeps its accuracy near 0.
 */
export function cosineFraction(fraction: number): number {
  return Math.sin((Math.PI * fraction) / 2) ** 2;
}
