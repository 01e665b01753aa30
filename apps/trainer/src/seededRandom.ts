import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A source of random whole numbers, the same for the same seed on every machine. */
export interface Random {
  /** A whole number from 0 to `below - 1`, all equally likely. */
  integer(below: number): number;
}

/** Makes a source of random numbers; other `streams` of one seed are independent of each other. */
export function seededRandom(seed: number, stream: number): Random {
  const generator = xoroshiro128plus(seed);
  for (let jump = 0; jump < stream; jump++) generator.jump();
  return { integer: (below) => uniformInt(generator, 0, below - 1) };
}

/** The numbers from 0 to `length - 1` in random order, every order equally likely (Fisher and Yates, inside out). */
export function shuffledIndices(length: number, random: Random): number[] {
  const shuffled: number[] = [];
  for (let index = 0; index < length; index++) {
    const place = random.integer(index + 1);
    shuffled.push(shuffled[place] ?? index);
    shuffled[place] = index;
  }
  return shuffled;
}
