import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { JsonValue } from '@gradkit/core';
import { isJsonObject, readIntegers, readText } from './jsonFields.ts';
import { reasonOf } from './readFileText.ts';
import { writeAtomic } from './writeAtomic.ts';

/** A named array of a checkpoint. */
export interface SavedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** All that a run needs to go on. */
export interface Checkpoint {
  readonly tensors: readonly SavedTensor[];
  /** The step it is after, the position in the data, and so on. */
  readonly metadata: Readonly<Record<string, JsonValue>>;
}

/** A checkpoint cannot be used: it is cut short, damaged or no checkpoint. */
export class DamagedCheckpointError extends Error {
  override readonly name: string = 'DamagedCheckpointError';
}

/**
 * Writes a checkpoint in the format of safetensors, so that other programs can read it.
 */
export function writeCheckpoint(path: string, { tensors, metadata }: Checkpoint): void {
  let offset = 0;
  const entries = tensors.map(({ name, shape, values }) => {
    const from = offset;
    offset += values.byteLength;
    const dtype = values instanceof Float32Array ? 'F32' : 'I32';
    return [name, { dtype, shape, data_offsets: [from, offset] }] as const;
  });
  const data = Buffer.concat(
    tensors.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  );
  const described = JSON.stringify(metadata);
  const header = JSON.stringify({
    __metadata__: { gradkit: described, sha256: digest(described, data) },
    ...Object.fromEntries(entries),
  });
  // Padded with blanks, so that the numbers lie at multiples of eight bytes.
  const padded = header.padEnd(
    Math.ceil(Buffer.byteLength(header) / 8) * 8 - Buffer.byteLength(header) + header.length,
  );
  const bytes = Buffer.from(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  writeAtomic(path, Buffer.concat([length, bytes, data]));
}

/**
 * Reads what {@link writeCheckpoint} wrote.
 *
 * @throws {DamagedCheckpointError} if a bit of it is not as it was written.
 */
export function readCheckpoint(path: string): Checkpoint {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new DamagedCheckpointError(reasonOf(error));
  }
  const length = bytes.length < 8 ? 0 : Number(bytes.readBigUInt64LE());
  if (length < 2 || length > bytes.length - 8) throw new DamagedCheckpointError('it is cut short');
  const header = parseHeader(bytes.toString('utf8', 8, 8 + length));
  const data = bytes.subarray(8 + length);
  const { __metadata__: notes, ...entries } = header;
  const { gradkit, sha256 } = isJsonObject(notes) ? notes : {};
  if (typeof gradkit !== 'string') throw new DamagedCheckpointError('it was not written by the trainer');
  if (digest(gradkit, data) !== sha256) throw new DamagedCheckpointError('it is cut short or damaged');
  return {
    metadata: parseHeader(gradkit),
    tensors: Object.entries(entries).map(([name, entry]) => readTensor(name, entry, data)),
  };
}

function parseHeader(text: string): Readonly<Record<string, JsonValue>> {
  try {
    const header: unknown = JSON.parse(text);
    if (isJsonObject(header)) return header;
  } catch {
    // Said below: it is damaged either way.
  }
  throw new DamagedCheckpointError('its header is damaged');
}

function readTensor(name: string, entry: JsonValue, data: Buffer): SavedTensor {
  const { dtype, shape, data_offsets: offsets } = isJsonObject(entry) ? entry : {};
  const [from = 0, to = 0] = readIntegers(offsets, `The place of ${name}`);
  // A copy, because the bytes of a file need not lie where 32-bit numbers may.
  const { buffer } = new Uint8Array(data.subarray(from, to));
  return {
    name,
    shape: Array.isArray(shape) && shape.length === 0 ? [] : readIntegers(shape, `The shape of ${name}`),
    values:
      readText(dtype, `The type of ${name}`) === 'F32' ? new Float32Array(buffer) : new Int32Array(buffer),
  };
}

function digest(described: string, data: Uint8Array): string {
  return createHash('sha256').update(described).update(data).digest('hex');
}
