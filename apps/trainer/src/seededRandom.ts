import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A source of random numbers, the same for the same seed on every machine. */
export interface Random {
  /** A whole number from 0 to `below - 1`, all equally likely. */
  integer(below: number): number;
  /** A number from 0 (included) to 1 (excluded), in steps of 2^-32. */
  uniform(): number;
  /** A number of the normal distribution with mean 0 and deviation 1 (Box and Muller). */
  normal(): number;
  /** Where the source stands, for {@link randomFromState}. */
  state(): readonly number[];
}

type Generator = ReturnType<typeof xoroshiro128plusFromState>;

/** Makes a source of random numbers; other `streams` of one seed are independent of each other. */
export function seededRandom(seed: number, stream: number): Random {
  const generator = xoroshiro128plus(seed);
  for (let jump = 0; jump < stream; jump++) generator.jump();
  return randomOf(generator);
}

/** A source that goes on where another one stood. */
export function randomFromState(state: readonly number[]): Random {
  return randomOf(xoroshiro128plusFromState(state));
}

function randomOf(generator: Generator): Random {
  const uniform = (): number => (generator.next() >>> 0) / 2 ** 32;
  return {
    integer: (below) => uniformInt(generator, 0, below - 1),
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    state: () => generator.getState(),
  };
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
