import { configDefaults, defineConfig } from 'vitest/config';

// Each package's `test` script runs this in its own folder; `.ci/run` sums the reports. What takes long, `*.long.test.ts`, is for
// `test:all` and vitest.all.ts.
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'src/**/*.long.test.ts'],
    reporters: ['default', ['json', { outputFile: 'reports/vitest.json' }]],
    // Only a hang is too slow: how long a test takes depends on what else the machine does.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
