import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { runProgram } from './program.ts';

// Node 20 cannot run TypeScript, so there the built program is tested.
const main = fileURLToPath(
  new URL(process.features.typescript ? 'main.ts' : '../dist/main.mjs', import.meta.url),
);

/** Runs the trainer as a process of its own, for tests; `env` comes on top of the test's own. */
export function runTrainer(
  { folder, env = {} }: { readonly folder: string; readonly env?: Readonly<Record<string, string>> },
  ...args: readonly string[]
): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

/** Starts the trainer, for tests that do something to it. */
export function startTrainer(
  folder: string,
  ...args: readonly string[]
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs a command of the trainer within the test's own process, in its working folder: TensorFlow.js takes a second to load. */
export async function runHere(
  ...args: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' };
  const catching = (stream: NodeJS.WriteStream, name: 'out' | 'err'): (() => void) => {
    const spy = vi.spyOn(stream, 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    });
    return () => spy.mockRestore();
  };
  const restore = [catching(process.stdout, 'out'), catching(process.stderr, 'err')];
  try {
    const code = await runProgram(args, new AbortController().signal);
    return { code, ...written };
  } finally {
    restore.forEach((undo) => undo());
  }
}
