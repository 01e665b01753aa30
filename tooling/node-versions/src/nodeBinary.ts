import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isPartThere } from '@gradkit/machine/part';

/**
 * The versions of Node that the packages promise to work on, besides the one that runs the tools. 20.10 and 22.11 cannot require
 * ES modules.
 */
export type NodeVersion = 20 | '20.10' | '22.11' | 24;

/**
 * The folder that holds the `node` of a version for this platform, or undefined where no package ships one. Put first in PATH, it makes
 * npm and every `node` run on that version.
 *
 * @throws if `GRADKIT_REQUIRE` names `node20`, `node24` and so on, and that version is missing, so that a skip cannot pass for a success.
 */
export function nodeBinary(version: NodeVersion): string | undefined {
  const name = `node-${version}-${process.platform}-${process.arch}`;
  const folder = fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url));
  const missing = `${name} is not installed: run pnpm install with optional dependencies.`;
  if (!isPartThere(`node${version}`, existsSync(folder) ? undefined : missing)) return undefined;
  return `${realpathSync(folder)}/bin`;
}
