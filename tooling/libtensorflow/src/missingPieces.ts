import { execFileSync } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** What the native part is made with. */
export interface Tools {
  /** The command that is pip, such as `python3 -m pip`. */
  readonly pip: readonly [string, ...string[]];
  /** The C++ compiler. */
  readonly compiler: string;
}

/** The wheel and what is unpacked of it lie side by side for a while. */
const neededBytes = 1.3e9;

/** What a machine has, or one line for each thing that it lacks, each with the remedy. */
export function findTools(
  folder: string,
  {
    platform = `${process.platform} ${process.arch}`,
    needed = neededBytes,
  }: { platform?: string; needed?: number } = {},
): Tools | { readonly missing: readonly string[] } {
  if (platform !== 'linux x64') {
    const missing = [
      `The wheel is for linux x64, and this is ${platform}. Use tfjs-node's own download: npm rebuild @tensorflow/tfjs-node`,
    ];
    return { missing };
  }
  const missing: string[] = [];
  const pips = [['python3', '-m', 'pip'] as const, ['pip3'] as const, ['pip'] as const];
  const pip = pips.find(([command, ...rest]) => runs(command, ...rest));
  if (pip === undefined)
    missing.push('There is no pip, which fetches the wheel. On Debian: apt-get install python3-pip');
  const wanted = process.env['CXX'];
  const compiler = (wanted === undefined ? ['g++', 'c++', 'clang++'] : [wanted]).find((command) =>
    runs(command),
  );
  if (compiler === undefined) {
    missing.push(
      wanted === undefined
        ? 'There is no C++ compiler. On Debian: apt-get install g++; or name one in the environment variable CXX'
        : `The C++ compiler that CXX names, ${wanted}, does not run. Name a program without arguments, or leave CXX out for g++`,
    );
  }
  const free = freeBytes(folder);
  if (free < needed) {
    missing.push(
      `${folder} has ${gigabytes(free)} free, and ${gigabytes(needed)} are needed. Make room, or name another folder in GRADKIT_CACHE`,
    );
  }
  if (pip === undefined || compiler === undefined || missing.length > 0) return { missing };
  return { pip: [...pip], compiler };
}

function runs(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, [...args, '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function freeBytes(folder: string): number {
  if (!existsSync(folder)) return freeBytes(dirname(folder));
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
