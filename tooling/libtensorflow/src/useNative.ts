import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { nativeFolder, tfjsNodeFolder } from './nativeFolder.ts';

/** The name of the native part's file. */
export const nativeFile = 'tfjs_binding.node';

/** What Node says when it loads a native part, tried in a process of its own; undefined if it loads. */
export function complaintOf(path: string): string | undefined {
  const script = 'process.dlopen({ exports: {} }, process.argv[1])';
  const { status, stderr } = spawnSync(process.execPath, ['-e', script, path], { encoding: 'utf8' });
  if (status === 0) return undefined;
  return stderr.split('\n').find((line) => line.includes('Error:')) ?? `the process ended with ${status}`;
}

/** The native part that `pnpm native` made, or undefined where it has not. */
export function findNative(): string | undefined {
  const path = join(nativeFolder(), nativeFile);
  return existsSync(path) ? path : undefined;
}

/**
 * Lets tfjs-node find its native part, whichever way it came: by its own download, or by `pnpm native`. Call it before tfjs-node is
 * imported; nothing is written.
 *
 * @returns whether there is one. If there is not, importing tfjs-node throws.
 */
export function useNative(): boolean {
  const packageFile = join(tfjsNodeFolder(), 'package.json');
  const finder = requireFinder(packageFile);
  const find = finder.find;
  const own: unknown = find(packageFile);
  if (typeof own === 'string' && existsSync(own)) return true;
  const provisioned = findNative();
  if (provisioned === undefined) return false;
  finder.find = (path, ...rest) => (path === packageFile ? provisioned : find(path, ...rest));
  return true;
}

/** What tfjs-node asks for the path of its native part. */
interface Finder {
  find(packageFile: string, ...rest: readonly unknown[]): unknown;
}

function requireFinder(packageFile: string): Finder {
  const finder: unknown = createRequire(packageFile)('@mapbox/node-pre-gyp/lib/pre-binding.js');
  if (isFinder(finder)) return finder;
  throw new Error(`@mapbox/node-pre-gyp has no function "find"; tfjs-node needs one that has.`);
}

function isFinder(value: unknown): value is Finder {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    'find' in value &&
    typeof value.find === 'function'
  );
}
