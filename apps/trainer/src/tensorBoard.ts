import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RunObserver } from './trainRun.ts';

/**
 * Writes what TensorBoard reads into a run's folder: `tensorboard --logdir runs`.
 *
 * The file is a row of records (length, checksum, data, checksum), each a protocol buffer of TensorFlow's Event message with one
 * number in it; of both formats only what that takes is written here.
 */
export function tensorBoard(path: string): RunObserver & { close(): void } {
  const seconds = Date.now() / 1000;
  const file = openSync(join(path, `events.out.tfevents.${Math.floor(seconds)}.gradkit`), 'a');
  const write = (event: Buffer): void => void writeSync(file, record(event));
  write(Buffer.concat([double(1, seconds), bytes(3, Buffer.from('brain.Event:2'))]));
  const scalars = (step: number, values: Readonly<Record<string, number>>): void => {
    const entries = Object.entries(values).map(([tag, value]) =>
      bytes(1, Buffer.concat([bytes(1, Buffer.from(tag)), float(2, value)])),
    );
    write(Buffer.concat([double(1, Date.now() / 1000), varint(2, step), bytes(5, Buffer.concat(entries))]));
  };
  return {
    stepped: ({ step, loss, norm, factor, learningRate }, { isReported }) =>
      scalars(step, {
        loss,
        ...(isReported ? { 'gradient norm': norm, 'clip factor': factor } : {}),
        'learning rate': learningRate,
      }),
    evaluated: (step, evaluation) =>
      scalars(
        step,
        Object.fromEntries(Object.entries(evaluation).map(([name, value]) => [`held out/${name}`, value])),
      ),
    sampled: () => undefined,
    noted: () => undefined,
    close: () => closeSync(file),
  };
}

/** A record of a TFRecord file. */
export function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, checksum(length), data, checksum(data)]);
}

function checksum(data: Buffer): Buffer {
  const crc = crc32c(data);
  const masked = Buffer.alloc(4);
  // TensorFlow turns and shifts the sum, so that sums of data with sums in them are no trouble.
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return masked;
}

const polynomial = 0x82f63b78;
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? polynomial : 0);
  return value;
});

/** The checksum CRC-32C (Castagnoli). */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 255] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

function key(field: number, wire: number): Buffer {
  return Buffer.from([(field << 3) | wire]);
}

function varintBytes(value: number): Buffer {
  const parts: number[] = [];
  let rest = value;
  while (rest >= 128) {
    parts.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...parts, rest]);
}

function varint(field: number, value: number): Buffer {
  return Buffer.concat([key(field, 0), varintBytes(value)]);
}

function bytes(field: number, data: Buffer): Buffer {
  return Buffer.concat([key(field, 2), varintBytes(data.length), data]);
}

function double(field: number, value: number): Buffer {
  const data = Buffer.alloc(8);
  data.writeDoubleLE(value);
  return Buffer.concat([key(field, 1), data]);
}

function float(field: number, value: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeFloatLE(value);
  return Buffer.concat([key(field, 5), data]);
}
