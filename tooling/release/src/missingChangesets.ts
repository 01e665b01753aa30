import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
}

interface PublishedPackage {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
}

/**
 * Reports each published package that changed for its users and that no changeset names.
 *
 * - Since its last release, which is the last commit that changed `version` in its package.json (`changeset version` does that).
 *   A package whose version is still 0.0.0 has all of its content to announce.
 * - On a branch beside `main` (of the remote, if there is one), since it left `main`: such a change needs a changeset of this branch.
 *
 * The working tree counts, so that it can be asked before a commit. A change for users is one in what is published: sources without
 * tests, the README, and package.json apart from scripts and devDependencies. No remote and no tag is needed. Without the history (no
 * repository, a shallow clone) a package passes if a changeset or a CHANGELOG exists for it.
 */
export function missingChangesets(root: string): string[] {
  const packages = publishedPackages(root);
  const pending = changesetNames(root, pendingChangesets(root));
  const sinceRelease = packages
    .filter(({ name }) => !pending.has(name))
    .flatMap((one) => unannounced(root, one));

  const fork = forkOfMain(root);
  if (fork === undefined) return sinceRelease;
  const ofBranch = changesetNames(
    root,
    pendingChangesets(root).filter((path) => changedSince(root, fork, path).length > 0),
  );
  const onBranch = packages
    .filter(
      ({ name, folder }) =>
        !ofBranch.has(name) && !versionChanged(root, fork, folder) && changedForUsers(root, fork, folder),
    )
    .map(
      ({ name }) =>
        `${name} changed on this branch, and no changeset of the branch names it: run "pnpm changeset"`,
    );
  return [...sinceRelease, ...onBranch];
}

function publishedPackages(root: string): PublishedPackage[] {
  return readdirSync(join(root, 'packages'))
    .map((name) => `packages/${name}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .flatMap((folder) => {
      const manifest: Manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      return manifest.private === true ? [] : [{ folder, name: manifest.name, version: manifest.version }];
    });
}

function pendingChangesets(root: string): string[] {
  return readdirSync(join(root, '.changeset'))
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .map((name) => `.changeset/${name}`);
}

function changesetNames(root: string, paths: readonly string[]): Set<string> {
  return new Set(
    paths.flatMap((path) => {
      const [, head = ''] = /^---\n([\s\S]*?)^---$/m.exec(readFileSync(join(root, path), 'utf8')) ?? [];
      const releases: Readonly<Record<string, string>> | null = parse(head);
      return Object.keys(releases ?? {});
    }),
  );
}

function unannounced(root: string, { folder, name, version }: PublishedPackage): string[] {
  if (version === '0.0.0')
    return [`${name} was never released and no changeset names it: run "pnpm changeset"`];
  const released = hasHistory(root)
    ? git(root, 'log', '-1', '--format=%H', '-G', '^  "version":', '--', `${folder}/package.json`)
    : '';
  if (released === '') {
    return existsSync(join(root, folder, 'CHANGELOG.md'))
      ? []
      : [`${name} has neither a changeset nor a CHANGELOG.md`];
  }
  return changedForUsers(root, released, folder)
    ? [`${name} changed since ${version} and no changeset names it: run "pnpm changeset"`]
    : [];
}

function hasHistory(root: string): boolean {
  return attempt(root, 'rev-parse', '--is-shallow-repository') === 'false';
}

/** Where the branch left main, if it is not main itself. */
function forkOfMain(root: string): string | undefined {
  if (!hasHistory(root)) return undefined;
  const main = ['origin/main', 'main'].find(
    (name) => attempt(root, 'rev-parse', '--verify', '--quiet', name) !== '',
  );
  if (main === undefined || attempt(root, 'symbolic-ref', '--short', '--quiet', 'HEAD') === 'main')
    return undefined;
  const fork = attempt(root, 'merge-base', main, 'HEAD');
  return fork === '' ? undefined : fork;
}

function changedSince(root: string, commit: string, ...paths: string[]): string[] {
  const tracked = git(root, 'diff', '--name-only', commit, '--', ...paths);
  const untracked = git(root, 'ls-files', '--others', '--exclude-standard', '--', ...paths);
  return [...tracked.split('\n'), ...untracked.split('\n')].filter((path) => path !== '');
}

function changedForUsers(root: string, commit: string, folder: string): boolean {
  const changed = changedSince(root, commit, `${folder}/src`, `${folder}/README.md`);
  return (
    changed.some((path) => !/\.(test|test-d|bench)\.ts$/.test(path)) || manifestChanged(root, commit, folder)
  );
}

function manifestChanged(root: string, commit: string, folder: string): boolean {
  const path = `${folder}/package.json`;
  const before = attempt(root, 'show', `${commit}:${path}`);
  return before === '' || forUsers(before) !== forUsers(readFileSync(join(root, path), 'utf8'));
}

function versionChanged(root: string, commit: string, folder: string): boolean {
  const before = attempt(root, 'show', `${commit}:${folder}/package.json`);
  if (before === '') return false;
  const [old, current]: [Manifest, Manifest] = [
    JSON.parse(before),
    JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')),
  ];
  return old.version !== current.version;
}

function forUsers(manifest: string): string {
  const { scripts: _scripts, devDependencies: _tools, ...rest } = JSON.parse(manifest);
  return JSON.stringify(rest);
}

function attempt(root: string, ...args: string[]): string {
  try {
    return git(root, ...args);
  } catch {
    return '';
  }
}

function git(root: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
