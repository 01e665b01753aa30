import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Where a package of the repository lies, and which others of it are needed with it. */
interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** What is made by tools and not read by tests. */
const made = new Set(['node_modules', 'dist', 'reports', '.types', '.turbo']);

/** What the packages need of the repository's root. */
const rootFiles = ['package.json', 'vitest.package.ts', 'tsconfig.base.json', 'tsconfig.json'];

/**
 * Copies a package and those of the repository that it needs to `to`, where each finds its dependencies as pnpm has installed them, but
 * every `@tensorflow/*` as it is installed in `versions`. Node, Vite and TypeScript resolve there by their own rules: imports, `require`,
 * `require.resolve` and types all lead to the same version.
 *
 * What `versions` does not have is not found there, so that two versions never mix.
 *
 * @returns the folder of the package's copy.
 */
export function layOut(folder: string, options: { root: string; versions: string; to: string }): string {
  const { root, versions, to } = options;
  const folders = workspaceFolders(root);
  for (const file of rootFiles) cpSync(join(root, file), join(to, file));
  symlinkSync(realpathSync(join(root, 'node_modules')), join(to, 'node_modules'), 'dir');
  for (const each of neededFolders(root, folder, folders)) {
    cpSync(join(root, each), join(to, each), {
      recursive: true,
      filter: (path) => !made.has(basename(path)),
    });
    for (const name of installedNames(join(root, each, 'node_modules'))) {
      const own = folders.get(name);
      const link = join(to, each, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      if (own !== undefined) symlinkSync(join(to, own), link, 'dir');
      else {
        const source = name.startsWith('@tensorflow/') ? versions : join(root, each);
        const installed = join(source, 'node_modules', name);
        if (existsSync(installed)) symlinkSync(realpathSync(installed), link, 'dir');
      }
    }
  }
  return join(to, folder);
}

/** The names of the repository's packages and their folders. */
function workspaceFolders(root: string): ReadonlyMap<string, string> {
  return new Map(
    ['packages', 'apps', 'tooling'].flatMap((group) =>
      readdirSync(join(root, group))
        .map((name) => `${group}/${name}`)
        .filter((folder) => existsSync(join(root, folder, 'package.json')))
        .map((folder) => [readManifest(join(root, folder)).name, folder] as const),
    ),
  );
}

function neededFolders(root: string, folder: string, folders: ReadonlyMap<string, string>): Set<string> {
  const needed = new Set([folder]);
  // A set's loop also visits what is added while it runs.
  for (const each of needed) {
    const { dependencies, devDependencies } = readManifest(join(root, each));
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
      const own = folders.get(name);
      if (own !== undefined) needed.add(own);
    }
  }
  return needed;
}

function readManifest(folder: string): Manifest {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return manifest;
}

/** What is installed in a node_modules folder, scoped names too; not what tools keep there. */
function installedNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
    );
}
