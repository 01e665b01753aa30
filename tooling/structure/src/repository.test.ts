import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  findIncompletePackages,
  findSilencers,
  findStaleReferences,
  findUnrunLongTests,
} from './conventions.ts';
import { findForbiddenImports } from './importArrows.ts';
import { readWorkspace } from './workspace.ts';

const packages = readWorkspace(fileURLToPath(new URL('../../..', import.meta.url)));

test('the workspace is read', () => {
  const core = packages.find(({ folder }) => folder === 'packages/core');
  expect(core?.sources.length).toBeGreaterThan(1);
});

test('no package imports against the arrows', () => {
  expect(findForbiddenImports(packages)).toEqual([]);
});

test('project references follow package.json', () => {
  expect(findStaleReferences(packages)).toEqual([]);
});

test('every published package has a complete manifest and README', () => {
  expect(findIncompletePackages(packages)).toEqual([]);
});

test('no check is silenced', () => {
  expect(findSilencers(packages)).toEqual([]);
});

test('every long test is run by the script test:all of its package', () => {
  expect(findUnrunLongTests(packages)).toEqual([]);
});

test('every error of a published package is a GradkitError of its own kind, which another copy of the package knows', () => {
  const classes = packages
    .filter(({ folder }) => folder.startsWith('packages/'))
    .flatMap(({ folder, sources }) => sources.map((source) => ({ folder, ...source })))
    .filter(({ path }) => !path.includes('.test'))
    .flatMap(({ folder, text }) =>
      Array.from(
        text.matchAll(/^export class (\w+) extends \w*Error \{\n(.*)/gm),
        ([head, name = '', next = '']) => ({
          at: `${folder}: ${name}`,
          isRight:
            head.includes(' extends GradkitError ') && next.includes(`kind: string = 'Gradkit ${name}'`),
        }),
      ),
    )
    .filter(({ at }) => at !== 'packages/core: GradkitError');
  expect(classes.length).toBeGreaterThanOrEqual(8);
  expect(classes.filter(({ isRight }) => !isRight)).toEqual([]);
});
