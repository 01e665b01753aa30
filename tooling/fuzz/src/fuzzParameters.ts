/** The cases of every run of the tests, so that a commit that passed here passes everywhere. */
const usualSeed = 20_261_125;

/** What `fc.assert` is given, and how many cases that are. */
export interface FuzzParameters {
  readonly numRuns: number;
  readonly seed?: number;
  readonly path?: string;
}

/**
 * Reads the environment: `FUZZ_RUNS=50000` for more cases, `FUZZ_SEED=random` for new ones, and `FUZZ_SEED=123 FUZZ_PATH=4:0` for what a failure
 * printed.
 */
export function fuzzParameters(
  usualRuns: number,
  environment: Readonly<Record<string, string | undefined>> = typeof process === 'undefined'
    ? {}
    : process.env,
): FuzzParameters {
  const { FUZZ_RUNS: runs, FUZZ_SEED: seed = `${usualSeed}`, FUZZ_PATH: path } = environment;
  return {
    numRuns: runs === undefined ? usualRuns : wholeNumber('FUZZ_RUNS', runs),
    ...(seed !== 'random' && { seed: wholeNumber('FUZZ_SEED', seed) }),
    ...(path !== undefined && { path }),
  };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value)) return value;
  throw new RangeError(`${name}=${text} is no whole number. Leave ${name} out or give a whole number.`);
}
