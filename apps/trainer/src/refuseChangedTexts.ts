import { join } from 'node:path';
import { InputError } from './inputError.ts';
import { fileDigest } from './readFileText.ts';
import type { RunConfig } from './runConfig.ts';

/** @throws {InputError} if a text of the run in `path` is not the one that the run began with. */
export function refuseChangedTexts(path: string, { texts, textDigests }: RunConfig): void {
  const changed = texts.find(
    (text, index) => textDigests !== undefined && fileDigest(text) !== textDigests[index],
  );
  if (changed === undefined) return;
  throw new InputError(
    `${JSON.stringify(changed)} has changed since the run in ${path} began, which would go on with another text. ` +
      `Put the old file back, or begin a new run with --config ${join(path, 'config.json')}.`,
  );
}
