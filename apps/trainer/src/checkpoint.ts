import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { JsonValue } from '@gradkit/core';
import { isJsonObject } from './jsonFields.ts';
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
  const arrays = Object.fromEntries(entries);
  const described = JSON.stringify(metadata);
  const header = JSON.stringify({
    __metadata__: { gradkit: described, sha256: digest(described, JSON.stringify(arrays), data) },
    ...arrays,
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
  if (digest(gradkit, JSON.stringify(entries), data) !== sha256)
    throw new DamagedCheckpointError('it is cut short or damaged');
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
  const { dtype, shape: sizes, data_offsets: offsets } = isJsonObject(entry) ? entry : {};
  const [shape, [from = NaN, to = NaN, ...more] = []] = [counts(sizes), counts(offsets)];
  if (dtype !== 'F32' && dtype !== 'I32') {
    throw new DamagedCheckpointError(`${name} is of the type ${JSON.stringify(dtype)}, not F32 or I32`);
  }
  const bytes = shape === undefined ? NaN : 4 * shape.reduce((product, size) => product * size, 1);
  if (shape === undefined || more.length > 0 || to - from !== bytes || to > data.length) {
    throw new DamagedCheckpointError(
      `${name} of shape ${JSON.stringify(sizes)} does not fit its place ${JSON.stringify(offsets)}`,
    );
  }
  // A copy, because the bytes of a file need not lie where 32-bit numbers may.
  const { buffer } = new Uint8Array(data.subarray(from, to));
  return { name, shape, values: dtype === 'F32' ? new Float32Array(buffer) : new Int32Array(buffer) };
}

/** A list of whole numbers from 0, or nothing. */
function counts(value: JsonValue | undefined): readonly number[] | undefined {
  const list: readonly unknown[] | undefined = Array.isArray(value) ? value : undefined;
  const numbers = list?.filter(
    (entry): entry is number => typeof entry === 'number' && Number.isSafeInteger(entry) && entry >= 0,
  );
  return numbers?.length === list?.length ? numbers : undefined;
}

/** Of all that a checkpoint says: what is noted, what arrays there are and where, and their bytes. */
function digest(described: string, arrays: string, data: Uint8Array): string {
  return createHash('sha256').update(`${described.length} ${described}${arrays}`).update(data).digest('hex');
}
