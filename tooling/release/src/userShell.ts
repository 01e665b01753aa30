import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A command of a user of the packages: what it prints, or an error that has all that it printed. */
export type UserShell = (command: string, ...args: string[]) => Promise<string>;

/** Runs commands in a user's folder, on the Node of a folder `bin`, or on that of the tools. */
export function userShell(
  cwd: string,
  { binary, env = {} }: { binary?: string | undefined; env?: Readonly<Record<string, string>> } = {},
): UserShell {
  const path = process.env['PATH'] ?? '';
  const whole: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: binary === undefined ? path : `${binary}${delimiter}${path}`,
    ...env,
  };
  // What the test runner set for itself would make others think that they are tested.
  for (const name of Object.keys(whole))
    if (/^(VITEST|TEST$|NODE_ENV$|JEST|NODE_OPTIONS$)/.test(name) && !(name in env)) delete whole[name];
  return async (command, ...args) => {
    const { stdout } = await run(command, args, { cwd, env: whole, maxBuffer: 2 ** 26 }).catch((error) => {
      throw new Error(`${command} ${args.join(' ')} failed: ${error.stdout}${error.stderr}`, {
        cause: error,
      });
    });
    return stdout.trimEnd();
  };
}
