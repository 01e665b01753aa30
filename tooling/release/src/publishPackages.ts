import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly packageManager?: string;
}

/** The folders and names of the packages that users get. */
export function publishedPackages(root: string): { folder: string; name: string }[] {
  return readdirSync(join(root, 'packages'))
    .map((folder) => `packages/${folder}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .flatMap((folder) => {
      const manifest: Manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      return manifest.private === true ? [] : [{ folder, name: manifest.name }];
    });
}

/**
 * Copies the repository with its built packages to `copy`, and there releases as a maintainer does: `changeset version` and
 * `changeset publish`, to the registry that `npmrc` names. The repository itself is not touched.
 */
export async function publishPackages(root: string, options: { copy: string; npmrc: string }): Promise<void> {
  const { copy, npmrc } = options;
  copyRepository(root, copy);
  writeFileSync(join(copy, '.npmrc'), npmrc);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=release', '-c', 'user.email=release@example.com', ...args], {
      cwd: copy,
      stdio: 'ignore',
    });
  git('init', '--initial-branch', 'main');
  git('add', '--all');
  git('-c', 'commit.gpgsign=false', 'commit', '--message', 'Copy');

  const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const pnpm = async (...args: string[]) => {
    const env = {
      ...process.env,
      CI: 'true',
      GIT_COMMITTER_NAME: 'release',
      GIT_COMMITTER_EMAIL: 'release@example.com',
    };
    return run('npx', ['-y', manifest.packageManager ?? 'pnpm', ...args], {
      cwd: copy,
      env,
      maxBuffer: 2 ** 26,
    });
  };
  await pnpm('install', '--frozen-lockfile', '--ignore-scripts', '--prefer-offline');
  await pnpm('exec', 'changeset', 'version');
  // The manifests have new versions now; the lock file may follow.
  await pnpm('install', '--no-frozen-lockfile', '--ignore-scripts', '--prefer-offline');
  await pnpm('exec', 'changeset', 'publish');
}

function copyRepository(root: string, copy: string): void {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
  });
  const built = publishedPackages(root).map(({ folder }) => `${folder}/dist`);
  for (const path of [...listed.split('\0'), ...built]) {
    if (path === '' || !existsSync(join(root, path))) continue;
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path), { recursive: true });
  }
}
