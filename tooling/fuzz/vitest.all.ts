import { defineConfig } from 'vitest/config';
import all from '../../vitest.all.ts';

// The fuzz tests again, with ten times as many chains.
export default defineConfig({
  test: {
    ...all.test,
    include: ['src/fuzz.test.ts', 'src/wasm.test.ts'],
    env: { FUZZ_RUNS: process.env['FUZZ_RUNS'] ?? '10000' },
  },
});
