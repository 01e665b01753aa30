import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findTools } from './missingPieces.ts';
import { nativeFolder } from './nativeFolder.ts';
import { compileNative } from './provisionNative.ts';
import { complaintOf, nativeFile } from './useNative.ts';

/** The headers of what `pnpm native` made are some megabytes; those that an earlier one made were not kept. */
export function missingHeaders(): string | undefined {
  return existsSync(join(nativeFolder(), 'include')) ? undefined : 'the headers were not kept';
}

/**
 * Compiles the native part of another version of tfjs-node from its own sources, against the library that `pnpm native` unpacked, unless
 * it is in the cache already.
 *
 * @param tfjsNode the folder of that tfjs-node.
 * @returns why it cannot be had, and what to do about it; undefined where it is there.
 * @throws if the compiler fails.
 */
export async function provisionOther(tfjsNode: string): Promise<string | undefined> {
  const folder = nativeFolder(tfjsNode);
  if (existsSync(join(folder, nativeFile))) return undefined;
  const tensorFlow = nativeFolder();
  if (missingHeaders() !== undefined)
    return "what tfjs-node's native part is made of is missing: run pnpm native.";
  const tools = findTools(folder, { needed: 1e7 });
  if ('missing' in tools) return tools.missing.join(' ');
  mkdirSync(dirname(folder), { recursive: true });
  // Beside it, so that the way from there to the library is the same.
  const draft = mkdtempSync(`${folder}.partial-`);
  try {
    await compileNative(tools.compiler, { tfjsNode, tensorFlow, to: draft });
    const complaint = complaintOf(join(draft, nativeFile));
    if (complaint !== undefined) throw new Error(`What was made of ${tfjsNode} does not load: ${complaint}`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return undefined;
}
