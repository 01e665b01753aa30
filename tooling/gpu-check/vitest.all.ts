import { mergeConfig } from 'vitest/config';
import usual from '../../vitest.package.ts';

// The whole folder, packed and run: minutes on a device that is a program.
export default mergeConfig(usual, {
  test: {
    include: ['src/**/*.whole.ts'],
    reporters: ['default', ['json', { outputFile: 'reports/vitest-all.json' }]],
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
  },
});
