import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { missingChangesets } from './missingChangesets.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gradkit-changesets-'));
  git('init', '--initial-branch', 'main');
  write('.changeset/config.json', '{}');
  release('0.1.0');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function git(...args: string[]): void {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...identity, ...args], { cwd: root, stdio: 'ignore' });
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function commit(): void {
  git('add', '-A');
  git('commit', '--allow-empty', '--message', 'change');
}

function writeManifest(fields: Record<string, unknown>): void {
  write('packages/core/package.json', JSON.stringify({ name: '@gradkit/core', ...fields }, undefined, 2));
}

function release(version: string): void {
  writeManifest({ version });
  write('packages/core/src/chain.ts', 'export {};\n');
  commit();
}

const changeset = "---\n'@gradkit/core': minor\n---\n\nSomething.\n";

test('a package that is as it was released needs no changeset', () => {
  expect(missingChangesets(root)).toEqual([]);
});

test('a change on main without a changeset is reported, committed or not', () => {
  write('packages/core/src/chain.ts', 'export const a = 1;\n');
  expect(missingChangesets(root)).toHaveLength(1);
  commit();
  expect(missingChangesets(root)).toEqual([
    '@gradkit/core changed since 0.1.0 and no changeset names it: run "pnpm changeset"',
  ]);
});

test.each(['src/new.ts', 'README.md'])('a new %s without a changeset is reported', (path) => {
  write(`packages/core/${path}`, 'x');
  expect(missingChangesets(root)).toHaveLength(1);
});

test('a changeset that names the package settles it', () => {
  write('packages/core/src/chain.ts', 'export const a = 1;\n');
  write('.changeset/some.md', changeset);
  commit();
  expect(missingChangesets(root)).toEqual([]);
});

test('a changeset that names another package does not', () => {
  write('packages/core/src/chain.ts', 'export const a = 1;\n');
  write('.changeset/some.md', changeset.replace('core', 'tfjs'));
  expect(missingChangesets(root)).toHaveLength(1);
});

test('tests, scripts and devDependencies are no change for users; dependencies are', () => {
  write('packages/core/src/chain.test.ts', 'export {};\n');
  writeManifest({ version: '0.1.0', scripts: { test: 'x' }, devDependencies: { a: '1' } });
  expect(missingChangesets(root)).toEqual([]);
  writeManifest({ version: '0.1.0', dependencies: { a: '1' } });
  expect(missingChangesets(root)).toHaveLength(1);
});

test('a release consumes the changeset and starts anew', () => {
  write('.changeset/some.md', changeset);
  write('packages/core/src/chain.ts', 'export const a = 1;\n');
  commit();
  rmSync(join(root, '.changeset/some.md'));
  writeManifest({ version: '0.2.0' });
  commit();
  expect(missingChangesets(root)).toEqual([]);
  write('packages/core/src/chain.ts', 'export const a = 2;\n');
  expect(missingChangesets(root)).toHaveLength(1);
});

test('a package that was never released must be announced', () => {
  writeManifest({ version: '0.0.0' });
  commit();
  expect(missingChangesets(root)).toHaveLength(1);
  write('.changeset/some.md', changeset);
  expect(missingChangesets(root)).toEqual([]);
});

test('a private package is left out', () => {
  writeManifest({ version: '0.0.0', private: true });
  expect(missingChangesets(root)).toEqual([]);
});

test('a branch needs a changeset of its own, though main has a pending one', () => {
  write('packages/core/src/chain.ts', 'export const a = 1;\n');
  write('.changeset/of-main.md', changeset);
  commit();
  git('checkout', '-b', 'feature');
  expect(missingChangesets(root)).toEqual([]);
  write('packages/core/src/chain.ts', 'export const a = 2;\n');
  commit();
  expect(missingChangesets(root)).toEqual([
    '@gradkit/core changed on this branch, and no changeset of the branch names it: run "pnpm changeset"',
  ]);
  write('.changeset/of-branch.md', changeset);
  expect(missingChangesets(root)).toEqual([]);
});

test('without the history a changeset or a CHANGELOG is enough', () => {
  write('packages/core/src/chain.ts', 'export const a = 1;\n');
  rmSync(join(root, '.git'), { recursive: true });
  expect(missingChangesets(root)).toEqual(['@gradkit/core has neither a changeset nor a CHANGELOG.md']);
  write('packages/core/CHANGELOG.md', '# 0.1.0\n');
  expect(missingChangesets(root)).toEqual([]);
});

test('no published package of this repository changed without a changeset', () => {
  expect(missingChangesets(fileURLToPath(new URL('../../..', import.meta.url)))).toEqual([]);
});
