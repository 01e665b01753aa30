import { expect, test } from 'vitest';
import { fuzzParameters } from './fuzzParameters.ts';

test('without a word from the environment the cases are the same each time', () => {
  expect(fuzzParameters(10_000, {})).toEqual(fuzzParameters(10_000, {}));
  expect(fuzzParameters(10_000, {})).toMatchObject({ numRuns: 10_000, seed: expect.any(Number) });
});

test('a random seed is left to fast-check', () => {
  expect(fuzzParameters(10_000, { FUZZ_SEED: 'random', FUZZ_RUNS: '7' })).toEqual({ numRuns: 7 });
});

test('a failure is repeated by its seed and path', () => {
  expect(fuzzParameters(10_000, { FUZZ_SEED: '-12', FUZZ_PATH: '4:0' })).toMatchObject({
    seed: -12,
    path: '4:0',
  });
});

test('what is no number is refused', () => {
  expect(() => fuzzParameters(10_000, { FUZZ_RUNS: 'many' })).toThrow('FUZZ_RUNS=many is no whole number');
  expect(() => fuzzParameters(10_000, { FUZZ_SEED: '' })).toThrow('FUZZ_SEED= is no whole number');
});
