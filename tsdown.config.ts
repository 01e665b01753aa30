import { defineConfig } from 'tsdown';

// Each package's `build` script runs this in its own folder: its files as ESM, and as CommonJS for where ESM cannot be required (Jest, Node
// before 20.19 and 22.12), declarations of both by isolatedDeclarations, and the packed result held to publint and attw.
export default defineConfig({
  cwd: process.cwd(),
  entry: 'src/index.ts',
  // CommonJS is for Node alone, which has other means to tell a file its own address.
  format: {
    esm: {},
    // Jest runs no import() in CommonJS.
    cjs: { platform: 'node', outputOptions: { exports: 'named', dynamicImportInCjs: false } },
  },
  platform: 'neutral',
  target: 'es2022',
  fixedExtension: false,
  dts: { generator: 'oxc' },
  clean: true,
  report: false,
  failOnWarn: true,
  publint: { strict: true },
  attw: { profile: 'strict', level: 'error' },
});
