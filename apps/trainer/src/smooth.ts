import type { Point } from './runSummary.ts';

/**
 * The mean over the `width` steps up to each point, of the values that are finite; points that are not are left out. At most `most` of
 * them, evenly spread.
 */
export function smooth(
  points: readonly Point[],
  width: number,
  most = 400,
): readonly { x: number; y: number }[] {
  const finite = points.filter(({ value }) => Number.isFinite(value));
  const every = Math.max(1, Math.ceil(finite.length / most));
  return finite.flatMap(({ step }, index) => {
    if (index % every !== 0 && index !== finite.length - 1) return [];
    const part = finite
      .slice(Math.max(0, index - width + 1), index + 1)
      .filter((point) => point.step > step - width);
    return [{ x: step, y: part.reduce((sum, { value }) => sum + value / part.length, 0) }];
  });
}
