import { configDefaults, defineConfig } from 'vitest/config';
import base from './vitest.package.ts';

// A package's `test:all` script runs this in its own folder: the tests that a contributor need not wait for.
export default defineConfig({
  test: {
    ...base.test,
    include: ['src/**/*.long.test.ts'],
    exclude: [...configDefaults.exclude],
    reporters: ['default', ['json', { outputFile: 'reports/all/vitest.json' }]],
  },
});
