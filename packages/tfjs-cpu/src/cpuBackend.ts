import { InvalidOptionError } from '@gradkit/core';
import { hasFunctions } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs-core';

/** What the CPU backend knows of one piece of data. Numbers of a float32 tensor that was cast can lie in an array of integers. */
export interface TensorData {
  values?: unknown;
  readonly dtype: string;
  readonly refCount: number;
}

/** The CPU backend, as far as it is used here. */
export interface CpuBackend {
  readonly data: {
    has(dataId: object): boolean;
    get(dataId: object): TensorData;
    set(dataId: object, data: TensorData): void;
  };
  /** How TensorFlow.js hands out a tensor's array: live, not a copy. */
  read(dataId: object): Promise<unknown>;
  readSync(dataId: object): unknown;
  /** How kernels look into a tensor; it calls `readSync`. */
  bufferSync(tensor: object): unknown;
}

/**
 * The CPU backend of TensorFlow.js.
 *
 * @throws {InvalidOptionError} if another one is active, or if it is not the one that is known here.
 */
export function cpuBackend(): CpuBackend {
  const active = tf.getBackend();
  if (active !== 'cpu') {
    throw new InvalidOptionError(
      `cpu() runs transforms on the backend "cpu" of TensorFlow.js, but "${active}" is active. ` +
        `Call await tf.setBackend('cpu') before the first step, or leave the binding out, which runs everywhere.`,
    );
  }
  const backend: unknown = tf.backend();
  if (isCpuBackend(backend)) return backend;
  throw new InvalidOptionError(
    'The backend "cpu" of this TensorFlow.js does not keep its numbers as that of 3.4 to 4.22 does. ' +
      'Use @tensorflow/tfjs 4.22, or leave the binding out.',
  );
}

function isCpuBackend(value: unknown): value is CpuBackend {
  return (
    hasFunctions(value, ['read', 'readSync', 'bufferSync']) &&
    hasFunctions(Reflect.get(value, 'data'), ['has', 'get', 'set'])
  );
}
