import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCheck } from './bundleCheck.ts';

const largestFolder = 45e6;

const here = fileURLToPath(new URL('../', import.meta.url));

/** Something that the folder needs is not on this machine, or the folder cannot be written. */
export class PackError extends Error {
  override readonly name = 'PackError';
}

/** What was packed. */
export interface PackedFolder {
  readonly bytes: number;
  readonly files: readonly string[];
}

/** How hard xz tries, 0 to 9: 6 packs the whole in some 38 MB, 0 is for a folder that is only tried here. */
export interface PackOptions {
  readonly compression?: number;
  readonly say?: (line: string) => void;
}

/**
 * Writes the check into a folder: one script, Node, Dawn and the Vulkan loader. Only Linux on x86-64 can pack, since what is packed is this
 * machine's.
 *
 * @throws {PackError} if a part is missing, with the remedy, if the folder holds something else, or if it grows above 45 MB.
 */
export async function packFolder(out: string, options: PackOptions = {}): Promise<PackedFolder> {
  const { compression = 6, say = () => undefined } = options;
  if (`${process.platform}-${process.arch}` !== 'linux-x64')
    throw new PackError(
      `The folder is for Linux on x86-64, and is packed there; this is ${process.platform} on ${process.arch}.`,
    );
  requireOwnFolder(out);
  const parts = new Map([
    ['node', realpathSync(process.execPath)],
    ['dawn.node', fileURLToPath(new URL('dist/linux-x64/dawn.node', import.meta.resolve('webgpu')))],
    ['libvulkan.so.1', systemLibrary('libvulkan.so.1', 'libvulkan1')],
    ['libstdc++.so.6', systemLibrary('libstdc++.so.6', 'libstdc++6')],
    ['libgcc_s.so.1', systemLibrary('libgcc_s.so.1', 'libgcc-s1')],
  ]);
  for (const name of ['packed', 'unpacked', 'cases', 'licences'])
    rmSync(join(out, name), { recursive: true, force: true });
  mkdirSync(join(out, 'packed'), { recursive: true });
  for (const [name, file] of parts) {
    say(`packing ${name}`);
    const target = join(out, 'packed', `${name}.xz`);
    writeFileSync(target, compressed(file, compression));
  }
  say('bundling the check');
  await bundleCheck(join(out, 'check.mjs'));
  for (const name of readdirSync(join(here, 'folder')))
    copyFileSync(join(here, 'folder', name), join(out, name));
  chmodSync(join(out, 'run.sh'), 0o755);
  cpSync(join(here, '../goldens/cases'), join(out, 'cases'), { recursive: true });
  copyLicences(join(out, 'licences'));
  writeFileSync(join(out, 'commit.txt'), `${commitOf(here)}\n`);
  const files = filesIn(out);
  const bytes = files.reduce((sum, file) => sum + statSync(join(out, file)).size, 0);
  if (bytes > largestFolder)
    throw new PackError(`${out} has ${(bytes / 1e6).toFixed(1)} MB, more than ${largestFolder / 1e6}.`);
  return { bytes, files };
}

/** Only a new or empty folder is written to, or one that was packed before. */
function requireOwnFolder(out: string): void {
  if (!existsSync(out) || readdirSync(out).length === 0) return;
  if (!existsSync(join(out, 'run.sh')) || !existsSync(join(out, 'packed')))
    throw new PackError(
      `${out} holds something else. Name a folder that is new, empty or was packed before.`,
    );
}

function compressed(file: string, level: number): Buffer {
  try {
    return execFileSync('xz', [`-${level}`, '--stdout', '--threads=1', file], { maxBuffer: 2 ** 30 });
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing) throw new PackError('Packing needs xz: install xz-utils.');
    throw error;
  }
}

function systemLibrary(name: string, packageName: string): string {
  const folders = ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'];
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (found === undefined)
    throw new PackError(
      `The folder takes ${name} from this machine, which has none. Install it (on Debian and Ubuntu: apt-get install ${packageName}).`,
    );
  return realpathSync(found);
}

/** Licences of what is packed: files named LICENSE beside the packages, and Debian's copyright files. */
function copyLicences(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const bench = join(here, '../bench/node_modules');
  const sources: readonly (readonly [string, string])[] = [
    ['gradkit', join(here, '../..')],
    ['node', dirname(dirname(realpathSync(process.execPath)))],
    ['dawn', dirname(fileURLToPath(import.meta.resolve('webgpu')))],
    ['tfjs-core', join(bench, '@tensorflow/tfjs-core')],
    ['tfjs-backend-webgpu', join(bench, '@tensorflow/tfjs-backend-webgpu')],
    ['jax-js', join(bench, '@jax-js/jax')],
    ['libvulkan1', '/usr/share/doc/libvulkan1'],
    ['libstdc++6', '/usr/share/doc/libstdc++6'],
  ];
  for (const [name, from] of sources) {
    if (!existsSync(from)) continue;
    const file = readdirSync(from).find((entry) => /^(licen[cs]e|copyright)(\.\w+)?$/i.test(entry));
    if (file !== undefined) copyFileSync(realpathSync(join(from, file)), join(folder, `${name}.txt`));
  }
}

function commitOf(folder: string): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, {
        cwd: folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    const changed = git('status', '--porcelain') === '' ? '' : ', with changes';
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed}`;
  } catch {
    return 'unknown';
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}
