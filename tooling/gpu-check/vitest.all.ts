import { defineConfig } from 'vitest/config';
import all from '../../vitest.all.ts';

// The whole folder, packed and run: minutes on a device that is a program.
export default defineConfig({ test: { ...all.test, testTimeout: 1_200_000, hookTimeout: 1_200_000 } });
