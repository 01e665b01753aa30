import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A source of random numbers, the same for the same seed on every machine. */
export interface Random {
  /** From 0 to 1, without 1. */
  uniform(): number;
  /** Normally distributed, mean 0 and deviation 1. */
  normal(): number;
  /** A whole number from 0 to `below - 1`. */
  integer(below: number): number;
}

/** Makes a source of random numbers; other `streams` of one seed are independent of each other. */
export function seededRandom(seed: number, stream: number): Random {
  const generator = xoroshiro128plus(seed);
  for (let jump = 0; jump < stream; jump++) generator.jump();
  const uniform = (): number => uniformFloat64(generator);
  return {
    uniform,
    // Box and Muller; 1 - uniform() is never 0.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    integer: (below) => uniformInt(generator, 0, below - 1),
  };
}
