import { expect, test } from 'vitest';
import { findForbiddenImports } from './importArrows.ts';
import type { Manifest, WorkspacePackage } from './workspace.ts';

function clipNorm(
  source: string,
  manifest: Partial<Manifest> = {},
  path = 'src/clipByNorm.ts',
): WorkspacePackage {
  return {
    folder: 'packages/clip-norm',
    manifest: { name: '@gradkit/clip-norm', dependencies: { '@gradkit/core': 'workspace:^' }, ...manifest },
    sources: [{ path, text: source }],
    references: [],
    readme: undefined,
  };
}

const found = (source: string, manifest?: Partial<Manifest>, path?: string) =>
  findForbiddenImports([clipNorm(source, manifest, path)]);

test('an import along an arrow is allowed', () => {
  expect(found("import { norm } from '@gradkit/core';")).toEqual([]);
});

test.each([
  ["import { wasmEngine } from '@gradkit/wasm';"],
  ["import type { WasmEngine } from '@gradkit/wasm';"],
  ["export { wasmEngine } from '@gradkit/wasm';"],
  ["export * from '@gradkit/wasm/deep';"],
  ["const engine = await import('@gradkit/wasm');"],
  ["import '@gradkit/wasm';"],
])('an import against the arrows is reported: %s', (source) => {
  expect(found(source, { devDependencies: { '@gradkit/wasm': 'workspace:^' } })).toEqual([
    'packages/clip-norm/src/clipByNorm.ts: @gradkit/clip-norm may not import @gradkit/wasm; only on @gradkit/core',
  ]);
});

test.each(['dependencies', 'peerDependencies', 'optionalDependencies'])(
  'a forbidden package in %s is reported',
  (field) => {
    expect(found('', { [field]: { '@gradkit/tfjs': 'workspace:^' } })).toEqual([
      'packages/clip-norm/package.json: @gradkit/clip-norm may not depend on @gradkit/tfjs; only on @gradkit/core',
    ]);
  },
);

test('an import that package.json does not declare is reported', () => {
  expect(found("import { readFileSync } from 'node:fs'; import lodash from 'lodash/fp';")).toEqual([
    'packages/clip-norm/src/clipByNorm.ts: imports node:fs, which packages/clip-norm/package.json does not declare for users',
    'packages/clip-norm/src/clipByNorm.ts: imports lodash, which packages/clip-norm/package.json does not declare for users',
  ]);
});

test('a test may import what devDependencies declare, and nothing else', () => {
  const source =
    "import { test } from 'vitest'; import 'node:fs'; import { sgd } from '@gradkit/optimizers';";
  const asTest = (manifest: Partial<Manifest>) => found(source, manifest, 'src/clipByNorm.test.ts');
  expect(asTest({ devDependencies: { '@gradkit/optimizers': 'workspace:^' } })).toEqual([]);
  expect(asTest({})).toHaveLength(1);
});

test('TensorFlow.js must be a peer', () => {
  expect(found('', { dependencies: { '@tensorflow/tfjs-core': '^4.22.0' } })).toEqual([
    'packages/clip-norm/package.json: @tensorflow/tfjs-core must be a peer dependency, or a user gets a second TensorFlow.js',
  ]);
});

test('core has no dependencies', () => {
  expect(found('', { name: '@gradkit/core', dependencies: { tslib: '2' } })).toHaveLength(1);
});

test('a package without a row in the table is reported', () => {
  expect(found('', { name: '@gradkit/new' })).toHaveLength(1);
  expect(found("import '@gradkit/wasm';", { name: '@gradkit/new', private: true })).toEqual([]);
});
