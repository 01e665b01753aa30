import { defineConfig } from 'vitest/config';

// Each package's `test` script runs this in its own folder; `.ci/run` sums the reports.
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    reporters: ['default', ['json', { outputFile: 'reports/vitest.json' }]],
    typecheck: { enabled: false },
  },
});
