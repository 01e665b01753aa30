import type { Expectation } from './holdContest.ts';

/** What was seen of a contestant at one size. */
export interface Seen extends Expectation {
  readonly parameters: number;
  readonly leaves: number;
}

/** A size. */
export type Size = Pick<Seen, 'parameters' | 'leaves'>;

/** Below so many parameters a step's time is not that of its parameters. */
const fewest = 1e5;

/**
 * What to expect of a contestant at a size, from the sizes before: its step grows with the parameters, and setting it up with the leaves as it
 * did so far, by the line of least squares.
 */
export function expectationOf(seen: readonly Seen[], { parameters, leaves }: Size): Expectation {
  const last = seen.at(-1);
  if (last === undefined) return { setUp: 0, step: 0 };
  const step = last.step * Math.max(1, parameters / Math.max(last.parameters, fewest));
  const mean = (of: (one: Seen) => number): number =>
    seen.reduce((sum, one) => sum + of(one), 0) / seen.length;
  const [meanLeaves, meanSetUp] = [mean((one) => one.leaves), mean(({ setUp }) => setUp)];
  const spread = mean((one) => (one.leaves - meanLeaves) ** 2);
  const together = mean((one) => (one.leaves - meanLeaves) * (one.setUp - meanSetUp));
  const slope = spread === 0 ? 0 : Math.max(0, together / spread);
  return { setUp: Math.max(last.setUp, meanSetUp + slope * (leaves - meanLeaves)), step };
}
