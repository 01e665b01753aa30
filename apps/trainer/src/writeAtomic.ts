import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Replaces a file by new content: written beside its place to the last byte, forced to the disk, then renamed. At every moment there
 * is the old file or the new one, whole.
 *
 * @throws what the file system says, a full disk included; the old file is then as it was.
 */
export function writeAtomic(path: string, content: string | Uint8Array): void {
  const beside = `${path}.${process.pid}`;
  try {
    const file = openSync(beside, 'w');
    try {
      // Goes on after a short write, which is how a disk that is nearly full answers, to the error that the next one is.
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
