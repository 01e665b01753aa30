import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import envPaths from 'env-paths';
import { wheel } from './wheel.ts';

const require = createRequire(import.meta.url);
const workspace = fileURLToPath(new URL('../../..', import.meta.url));

/** The folder of the installed tfjs-node. */
export function tfjsNodeFolder(): string {
  return dirname(require.resolve('@tensorflow/tfjs-node/package.json'));
}

/** The sources of the native part of a tfjs-node, by name. */
export function bindingSources(tfjsNode: string = tfjsNodeFolder()): readonly string[] {
  const folder = join(tfjsNode, 'binding');
  return readdirSync(folder)
    .filter((name) => /\.(cc|h)$/.test(name))
    .toSorted()
    .map((name) => join(folder, name));
}

/**
 * Where the native part is kept: in the user's cache folder, or in `GRADKIT_CACHE`; never in node_modules, which an install may wipe
 * and which shares its files with pnpm's store. The name changes with all that goes into it, so that what is there is what is wanted.
 */
export function nativeFolder(tfjsNode: string = tfjsNodeFolder()): string {
  const hash = createHash('sha256').update(wheel.sha256);
  for (const path of bindingSources(tfjsNode)) hash.update(readFileSync(path));
  const cache = process.env['GRADKIT_CACHE'] || envPaths('gradkit', { suffix: '' }).cache;
  const name = [wheel.version, process.platform, process.arch, hash.digest('hex').slice(0, 12)].join('-');
  // A relative path means the same folder for every package.
  return resolve(workspace, cache, 'libtensorflow', name);
}
