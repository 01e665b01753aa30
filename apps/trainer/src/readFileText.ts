import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { InputError } from './inputError.ts';

/** Bytes of one file: what is made of a text or a table takes some thirty times as much memory. */
const mostBytes = 2 ** 26;

/**
 * The text of a file in UTF-8.
 *
 * @throws {InputError} if the file cannot be read, is larger than 64 MiB or is not UTF-8.
 */
export function readFileText(path: string): string {
  const bytes = readBytes(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`${JSON.stringify(path)} is not a text file in UTF-8.`);
  }
}

/** The SHA-256 of a file, in hexadecimal digits. @throws {InputError} if the file cannot be read or is larger than 64 MiB. */
export function fileDigest(path: string): string {
  return createHash('sha256').update(readBytes(path)).digest('hex');
}

/** Reads no further than the limit, because a pipe or a device says no size. */
function readBytes(path: string): Uint8Array {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const file = openSync(path, 'r');
    try {
      for (;;) {
        const chunk = new Uint8Array(2 ** 20);
        const read = readSync(file, chunk);
        if (read === 0) break;
        size += read;
        if (size > mostBytes) break;
        chunks.push(chunk.subarray(0, read));
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new InputError(`${JSON.stringify(path)} cannot be read: ${reasonOf(error)}.`);
  }
  if (size <= mostBytes) return Buffer.concat(chunks, size);
  throw new InputError(
    `${JSON.stringify(path)} is larger than ${mostBytes / 2 ** 20} MiB, which is the most that the trainer reads. Give a part of it.`,
  );
}

/** Why a call to the file system failed, in words. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code !== undefined && Object.hasOwn(reasons, code)) return reasons[code] ?? code;
  return error instanceof Error ? error.message : String(error);
}

/** The short name that the file system has for what went wrong, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would become larger than is allowed',
};
