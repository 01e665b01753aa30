import { median, quantile } from 'simple-statistics';

/** What a round gave: milliseconds for one step, on the average of the round's steps. */
export interface Round {
  readonly round: number;
  readonly milliseconds: number;
}

/** A middle value and the quartiles around it. */
export interface Spread {
  readonly median: number;
  /** A quarter of the values are below. */
  readonly low: number;
  /** A quarter of the values are above. */
  readonly high: number;
}

/** Median and quartiles. @throws for no values. */
export function spreadOf(values: readonly number[]): Spread {
  const all = [...values];
  return { median: median(all), low: quantile(all, 0.25), high: quantile(all, 0.75) };
}

/**
 * How many times as long one takes as another: the ratio of the medians, and the quartiles of the ratios in the rounds that both took
 * part in.
 */
export function ratioOf(rounds: readonly Round[], to: readonly Round[]): Spread {
  const middle = spreadOf(millisecondsOf(rounds)).median / spreadOf(millisecondsOf(to)).median;
  const other = new Map(to.map(({ round, milliseconds }) => [round, milliseconds]));
  const paired = rounds.flatMap(({ round, milliseconds }) => {
    const divisor = other.get(round);
    return divisor === undefined ? [] : [milliseconds / divisor];
  });
  if (paired.length === 0) return { median: middle, low: NaN, high: NaN };
  return { ...spreadOf(paired), median: middle };
}

function millisecondsOf(rounds: readonly Round[]): number[] {
  return rounds.map(({ milliseconds }) => milliseconds);
}
