import { defineConfig } from 'vitest/config';

// For `pnpm watch` and editors: all tests but those that install packages or run the others again.
export default defineConfig({
  test: { projects: ['packages/*', 'apps/*', 'tooling/!(fuzz|node-versions|release)'] },
});
