import type { Point } from './runSummary.ts';

/** The mean of the `width` values up to each one; where one is no number, a gap. At most `most` of them, evenly spread. */
export function smooth(
  points: readonly Point[],
  width: number,
  most = 400,
): readonly { x: number; y: number }[] {
  const every = Math.max(1, Math.ceil(points.length / most));
  return points.flatMap(({ step }, index) => {
    if (index % every !== 0 && index !== points.length - 1) return [];
    const part = points.slice(Math.max(0, index - width + 1), index + 1);
    return [{ x: step, y: part.reduce((sum, { value }) => sum + value / part.length, 0) }];
  });
}
