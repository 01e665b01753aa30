import { expect, test } from 'vitest';
import {
  findIncompletePackages,
  findSilencers,
  findStaleReferences,
  findUnrunLongTests,
} from './conventions.ts';
import type { WorkspacePackage } from './workspace.ts';

const readme =
  '# x\n## What it does\n## Install\n## Example\n## Options, edges and conventions\n## Source and tests\n';

const core: WorkspacePackage = {
  folder: 'packages/core',
  manifest: {
    name: '@gradkit/core',
    type: 'module',
    license: 'MIT',
    sideEffects: false,
    files: ['dist'],
    engines: { node: '>=20' },
  },
  sources: [{ path: 'src/index.ts', text: '' }],
  references: [],
  readme,
};

const clip: WorkspacePackage = {
  ...core,
  folder: 'packages/clip-norm',
  manifest: {
    ...core.manifest,
    name: '@gradkit/clip-norm',
    dependencies: { '@gradkit/core': 'workspace:^' },
  },
  references: ['packages/core'],
};

test('a complete pair of packages has nothing to report', () => {
  expect(
    [findStaleReferences, findIncompletePackages, findSilencers, findUnrunLongTests].flatMap((check) =>
      check([core, clip]),
    ),
  ).toEqual([]);
});

test('an entry that old Nodes cannot require is reported', () => {
  const exports = { '.': './src/index.ts', './binding': './src/binding.ts' };
  const dual = { 'module-sync': {}, module: {}, require: {}, default: {} };
  const published = (entries: Record<string, object>): string[] =>
    findIncompletePackages([
      { ...core, manifest: { ...core.manifest, exports, publishConfig: { exports: entries } } },
    ]);
  expect(published({ '.': dual, './binding': dual })).toEqual([]);
  expect(published({ '.': dual })).toHaveLength(1);
  expect(published({ '.': dual, './binding': { types: 'x', default: 'x' } })).toHaveLength(1);
});

test('a missing and a needless project reference are reported', () => {
  expect(findStaleReferences([core, { ...clip, references: [] }])).toHaveLength(1);
  expect(findStaleReferences([{ ...core, references: ['packages/clip-norm'] }, clip])).toHaveLength(1);
});

test('a README without its headings in order is reported', () => {
  expect(findIncompletePackages([{ ...core, readme: undefined }])).toEqual([
    'packages/core: has no README.md',
  ]);
  expect(findIncompletePackages([{ ...core, readme: readme.replace('## Install\n', '') }])).toHaveLength(1);
  expect(
    findIncompletePackages([{ ...core, readme: readme.replace('## Source', '## Options') }]),
  ).toHaveLength(1);
});

test('an incomplete manifest and an install script are reported', () => {
  expect(findIncompletePackages([{ ...core, manifest: { name: '@gradkit/core' } }])).toHaveLength(5);
  const manifest = { ...core.manifest, scripts: { postinstall: 'node build.js' } };
  expect(findIncompletePackages([{ ...core, manifest }])).toHaveLength(1);
});

test('a long test in a package without test:all is reported', () => {
  const sources = [{ path: 'src/fuzz.long.test.ts', text: '' }];
  const scripts = { test: 'vitest run' };
  expect(findUnrunLongTests([{ ...core, sources, manifest: { ...core.manifest, scripts } }])).toEqual([
    'packages/core/src/fuzz.long.test.ts: no script "test:all" in package.json runs it',
  ]);
  const both = { ...scripts, 'test:all': 'vitest run --config ../../vitest.all.ts' };
  expect(findUnrunLongTests([{ ...core, sources, manifest: { ...core.manifest, scripts: both } }])).toEqual(
    [],
  );
});

// Put together here, so that this file does not report itself.
const silencing = [
  ['// oxlint', 'disable-next-line'],
  ['// @ts', 'ignore'],
  ['// @ts', 'nocheck'],
].map((parts) => parts.join('-'));

test.each([...silencing, ['test', 'only("x", f)'].join('.')])('%s is reported', (text) => {
  expect(findSilencers([{ ...core, sources: [{ path: 'src/x.ts', text }] }])).toHaveLength(1);
});

test('a drawer of a file is reported', () => {
  expect(findSilencers([{ ...core, sources: [{ path: 'src/utils.ts', text: '' }] }])).toHaveLength(1);
});
