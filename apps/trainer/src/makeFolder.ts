import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from './inputError.ts';
import { codeOf, reasonOf } from './readFileText.ts';

/**
 * Makes a folder and those above it that are missing. One at a time, because Node's recursive way never returns where the file
 * system says that there is no such folder to each attempt, as `/proc` does.
 *
 * @returns those it made, outermost first.
 * @throws {InputError} if one of them cannot be made; none is then left behind.
 */
export function makeFolder(path: string): readonly string[] {
  const above = dirname(path);
  const made = above !== path && !existsSync(above) ? makeFolder(above) : [];
  try {
    mkdirSync(path);
    return [...made, path];
  } catch (error) {
    if (existsSync(path) && statSync(path).isDirectory()) return made;
    removeEmpty(made);
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

/** Removes folders that {@link makeFolder} made, unless there is something in them. */
export function removeEmpty(made: readonly string[]): void {
  for (const folder of made.toReversed()) {
    if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
  }
}
