import { defineConfig } from 'tsdown';

// Each package's `build` script runs this in its own folder: one ESM file, its declarations by
// isolatedDeclarations, and the packed result held to publint and attw.
export default defineConfig({
  cwd: process.cwd(),
  entry: 'src/index.ts',
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  fixedExtension: false,
  dts: { generator: 'oxc' },
  clean: true,
  report: false,
  failOnWarn: true,
  publint: { strict: true },
  attw: { profile: 'esm-only', level: 'error' },
});
