import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The fields of a package.json that the checks read. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly type?: string;
  readonly license?: string;
  readonly sideEffects?: boolean;
  readonly files?: readonly string[];
  readonly engines?: { readonly node?: string };
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly publishConfig?: { readonly exports?: Readonly<Record<string, object>> };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface SourceFile {
  /** From the package's folder, such as `src/clipByGlobalNorm.ts`. */
  readonly path: string;
  readonly text: string;
}

export interface WorkspacePackage {
  /** From the repository's root, such as `packages/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly sources: readonly SourceFile[];
  /** The paths of the project references in its tsconfig.json, from the repository's root. */
  readonly references: readonly string[];
  readonly readme: string | undefined;
}

interface TypeScriptProject {
  readonly references?: readonly { readonly path: string }[];
}

/** Every package of the repository with its TypeScript sources. */
export function readWorkspace(root: string): WorkspacePackage[] {
  return ['packages', 'apps', 'tooling']
    .filter((group) => existsSync(join(root, group)))
    .flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => readPackage(root, folder));
}

function readPackage(root: string, folder: string): WorkspacePackage {
  const at = (path: string) => join(root, folder, path);
  const manifest: Manifest = JSON.parse(readFileSync(at('package.json'), 'utf8'));
  const project: TypeScriptProject = existsSync(at('tsconfig.json'))
    ? JSON.parse(readFileSync(at('tsconfig.json'), 'utf8'))
    : {};
  const paths = existsSync(at('src'))
    ? readdirSync(at('src'), { recursive: true, encoding: 'utf8' }).filter((path) =>
        /\.[cm]?[jt]sx?$/.test(path),
      )
    : [];
  return {
    folder,
    manifest,
    sources: paths.map((path) => ({ path: `src/${path}`, text: readFileSync(at(`src/${path}`), 'utf8') })),
    references: (project.references ?? []).map(({ path }) => join(folder, path)),
    readme: existsSync(at('README.md')) ? readFileSync(at('README.md'), 'utf8') : undefined,
  };
}

/** Whether a file is a test, which may import more than what ships. */
export function isTest({ path }: SourceFile): boolean {
  return /\.(test|test-d|bench)\.ts$/.test(path);
}
