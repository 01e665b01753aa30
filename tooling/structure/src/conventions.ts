import { posix } from 'node:path';
import type { WorkspacePackage } from './workspace.ts';

/** Reports project references that do not follow package.json: `tsc -b` would check against a stale or missing declaration. */
export function findStaleReferences(packages: readonly WorkspacePackage[]): string[] {
  const folderOf = new Map(packages.map(({ folder, manifest }) => [manifest.name, folder]));
  return packages
    .filter(({ sources }) => sources.length > 0)
    .flatMap(({ folder, manifest, references }) => {
      const declared = {
        ...manifest.dependencies,
        ...manifest.devDependencies,
        ...manifest.peerDependencies,
      };
      const needed = new Set(Object.keys(declared).flatMap((name) => folderOf.get(name) ?? []));
      return [
        ...[...needed]
          .filter((path) => !references.includes(path))
          .map(
            (path) =>
              `${folder}/tsconfig.json: no reference to ${posix.relative(folder, path)}, which package.json depends on`,
          ),
        ...references
          .filter((path) => !needed.has(path))
          .map(
            (path) =>
              `${folder}/tsconfig.json: a reference to ${posix.relative(folder, path)}, which package.json does not name`,
          ),
      ];
    });
}

/** Node that can require ES modules, bundlers, `require` elsewhere, and all others, in the order in which the first that holds is taken. */
const conditions = 'module-sync, module, require, default';

/** Reports what a published package.json lacks, and the five headings that its README must have in this order. */
export function findIncompletePackages(packages: readonly WorkspacePackage[]): string[] {
  return packages
    .filter(({ manifest }) => manifest.private !== true)
    .flatMap(({ folder, manifest, readme }) => {
      const wrong: [string, boolean][] = [
        ['"type" is "module"', manifest.type === 'module'],
        ['"license" is "MIT"', manifest.license === 'MIT'],
        ['"sideEffects" is false', manifest.sideEffects === false],
        ['"engines.node" is ">=20"', manifest.engines?.node === '>=20'],
        ['"files" is ["dist"]', manifest.files?.join() === 'dist'],
        [
          `"publishConfig.exports" for each entry, with the conditions ${conditions}`,
          Object.keys(manifest.exports ?? {}).every(
            (entry) => Object.keys(manifest.publishConfig?.exports?.[entry] ?? {}).join(', ') === conditions,
          ),
        ],
        [
          'no script runs at install',
          !Object.keys(manifest.scripts ?? {}).some((name) => /^(pre|post)?(install|prepare)$/.test(name)),
        ],
      ];
      return [
        ...wrong.filter(([, right]) => !right).map(([rule]) => `${folder}/package.json: must have ${rule}`),
        ...readmeProblems(folder, readme),
      ];
    });
}

/** The second-level headings of a package's README, by how they begin. */
const readmeHeadings: readonly string[] = ['What it does', 'Install', 'Example', 'Options', 'Source'];

function readmeProblems(folder: string, readme: string | undefined): string[] {
  if (readme === undefined) return [`${folder}: has no README.md`];
  const found = Array.from(readme.matchAll(/^## (.+)$/gm), ([, heading]) => heading ?? '');
  let from = 0;
  return readmeHeadings.flatMap((heading) => {
    const at = found.findIndex((text, index) => index >= from && text.startsWith(heading));
    if (at < 0)
      return [`${folder}/README.md: no heading "## ${heading}" in its place (${readmeHeadings.join(', ')})`];
    from = at + 1;
    return [];
  });
}

/** Reports long tests, which `test` leaves out, in a package without the script `test:all` that runs them. */
export function findUnrunLongTests(packages: readonly WorkspacePackage[]): string[] {
  return packages.flatMap(({ folder, manifest, sources }) => {
    const long = sources.filter(({ path }) => path.endsWith('.long.test.ts'));
    return long.length > 0 && manifest.scripts?.['test:all'] === undefined
      ? long.map(({ path }) => `${folder}/${path}: no script "test:all" in package.json runs it`)
      : [];
  });
}

const silencers: readonly [RegExp, string][] = [
  [/\b(eslint|oxlint|biome)-(disable|ignore)/, 'a lint rule is switched off'],
  [/@ts-(ignore|nocheck)\b/, 'the compiler is silenced'],
  [/\b(describe|it|test)\.only\(/, 'a test runs alone'],
];

/** Reports comments that silence the compiler or a lint rule, and files that are a drawer rather than an idea. */
export function findSilencers(packages: readonly WorkspacePackage[]): string[] {
  return packages.flatMap(({ folder, sources }) =>
    sources.flatMap(({ path, text }) => [
      ...silencers
        .filter(([pattern]) => pattern.test(text))
        .map(([, message]) => `${folder}/${path}: ${message}`),
      ...(/(^|\/)(utils?|helpers?|misc|common)\.ts$/.test(path)
        ? [`${folder}/${path}: name the file after its one idea`]
        : []),
    ]),
  );
}
