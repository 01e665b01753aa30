import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from './inputError.ts';
import { codeOf, reasonOf } from './readFileText.ts';

/**
 * Makes a folder and those above it that are missing. One at a time, because Node's recursive way never returns where the file
 * system says that there is no such folder to each attempt, as `/proc` does.
 *
 * @throws {InputError} if one of them cannot be made.
 */
export function makeFolder(path: string): void {
  const above = dirname(path);
  if (above !== path && !existsSync(above)) makeFolder(above);
  try {
    mkdirSync(path);
  } catch (error) {
    if (existsSync(path) && statSync(path).isDirectory()) return;
    const code = codeOf(error);
    const reason =
      code === 'ENOENT'
        ? 'no folder can be made there'
        : code === 'EEXIST'
          ? 'it is a file'
          : reasonOf(error);
    throw new InputError(`The folder ${path} cannot be made: ${reason}.`);
  }
}
