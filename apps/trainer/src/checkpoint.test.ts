import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { DamagedCheckpointError, readCheckpoint, writeCheckpoint } from './checkpoint.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainer-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tensors = [
  { name: 'model/kernel', shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
  { name: 'model/none', shape: [0], values: new Float32Array(0) },
  { name: 'optimizer/iter', shape: [], values: Int32Array.of(7) },
];

function written(): { path: string; bytes: Buffer } {
  const path = join(folder, 'step.safetensors');
  writeCheckpoint(path, { tensors, metadata: { step: 7 } });
  return { path, bytes: readFileSync(path) };
}

test('what was written is read again, scalars and empty arrays too', () => {
  expect(readCheckpoint(written().path)).toEqual({ tensors, metadata: { step: 7 } });
});

test.each([
  ['a type', '"I32"', '"F32"'],
  ['a name', 'model/kernel', 'model/kernal'],
  ['a shape', '"shape":[2,3]', '"shape":[3,2]'],
  ['a place', '"data_offsets":[0,24]', '"data_offsets":[4,24]'],
  ['what is noted', '\\"step\\":7', '\\"step\\":8'],
])('%s that was changed is found by the checksum', (_, from, to) => {
  const { path, bytes } = written();
  const at = bytes.indexOf(from);
  expect(at).toBeGreaterThan(0);
  bytes.write(to, at);
  writeFileSync(path, bytes);
  expect(() => readCheckpoint(path)).toThrow(new DamagedCheckpointError('it is cut short or damaged'));
});

test('any single bit that is turned over is found, or changes only a blank', () => {
  const { path, bytes } = written();
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    writeFileSync(path, damaged);
    let read: unknown;
    try {
      read = readCheckpoint(path);
    } catch (error) {
      expect(error).toBeInstanceOf(DamagedCheckpointError);
      continue;
    }
    expect(read).toEqual({ tensors, metadata: { step: 7 } });
  }
});

/** A checkpoint with a true checksum over an entry that cannot be. */
function forged(entry: object): string {
  const path = join(folder, 'forged.safetensors');
  const data = Buffer.alloc(8);
  const arrays = { odd: entry };
  const described = '{}';
  const sha256 = createHash('sha256')
    .update(`${described.length} ${described}${JSON.stringify(arrays)}`)
    .update(data)
    .digest('hex');
  const header = Buffer.from(JSON.stringify({ __metadata__: { gradkit: described, sha256 }, ...arrays }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(path, Buffer.concat([length, header, data]));
  return path;
}

test('an array that does not fit its place is damage, not a crash', () => {
  const good = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  expect(readCheckpoint(forged(good)).tensors[0]?.values).toEqual(new Float32Array(2));
  for (const change of [
    { dtype: 'F64' },
    { shape: [3] },
    { shape: [-2] },
    { shape: 2 },
    { data_offsets: [0, 7] },
    { data_offsets: [8, 0] },
    { data_offsets: [4, 12] },
    { data_offsets: [0.5, 8.5] },
    { data_offsets: [0, 4, 8] },
    { data_offsets: undefined },
  ]) {
    expect(() => readCheckpoint(forged({ ...good, ...change }))).toThrow(DamagedCheckpointError);
  }
});
