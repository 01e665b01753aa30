import { defineConfig } from 'vitest/config';
import all from '../../vitest.all.ts';

export default defineConfig({
  test: { ...all.test, globalSetup: ['src/publishOnce.ts'], hookTimeout: 600_000, testTimeout: 600_000 },
});
