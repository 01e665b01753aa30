import { InvalidOptionError } from '@gradkit/core';
import { hasFunctions } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs-core';

/** What the WebAssembly backend knows of one piece of data. */
interface TensorData {
  readonly id: number;
  /** Where its numbers lie, in bytes. */
  readonly memoryOffset: number;
  readonly dtype: string;
  readonly refCount: number;
}

/** The WebAssembly backend, as far as it is used here. */
export interface WasmBackend {
  readonly wasm: {
    /** What the module exports: its memory too, unless threads share it. */
    readonly asm: { readonly memory?: WebAssembly.Memory };
    /** The memory that threads share, which the module imports. */
    readonly wasmMemory?: WebAssembly.Memory;
    _malloc(bytes: number): number;
    _free(address: number): void;
    readonly tfjs: {
      registerTensor(id: number, size: number, memoryOffset: number): void;
      disposeData(id: number): void;
    };
  };
  readonly dataIdMap: { get(dataId: object): TensorData };
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo;
}

/**
 * The WebAssembly backend of TensorFlow.js.
 *
 * @throws {InvalidOptionError} if another one is active, or if it is not the one that is known here.
 */
export function wasmBackend(): WasmBackend {
  const active = tf.getBackend();
  if (active !== 'wasm') {
    throw new InvalidOptionError(
      `wasm() runs transforms on the backend "wasm" of TensorFlow.js, but "${active}" is active. ` +
        `Import '@tensorflow/tfjs-backend-wasm' and call await tf.setBackend('wasm') before the first step, ` +
        `or leave the binding out, which runs everywhere.`,
    );
  }
  const backend: unknown = tf.backend();
  if (isWasmBackend(backend)) return backend;
  throw new InvalidOptionError(
    'The backend "wasm" of this TensorFlow.js does not keep its numbers as that of 3.21 to 4.22 does. ' +
      'Use @tensorflow/tfjs-backend-wasm 4.22, or leave the binding out.',
  );
}

function isWasmBackend(value: unknown): value is WasmBackend {
  if (!hasFunctions(value, ['makeOutput'])) return false;
  const module: unknown = Reflect.get(value, 'wasm');
  if (!hasFunctions(module, ['_malloc', '_free'])) return false;
  if (!hasFunctions(Reflect.get(module, 'tfjs'), ['registerTensor', 'disposeData'])) return false;
  const exports: unknown = Reflect.get(module, 'asm');
  if (typeof exports !== 'object' || exports === null) return false;
  const memory: unknown = Reflect.get(exports, 'memory') ?? Reflect.get(module, 'wasmMemory');
  return memory instanceof WebAssembly.Memory && hasFunctions(Reflect.get(value, 'dataIdMap'), ['get']);
}

/** The memory that the backend's tensors lie in. */
export function memoryOf({ wasm }: WasmBackend): WebAssembly.Memory {
  const memory = wasm.asm.memory ?? wasm.wasmMemory;
  if (memory === undefined) throw new TypeError('a WebAssembly backend without a memory');
  return memory;
}

/** Where the numbers of a tensor lie. The backend keeps addresses beyond two gigabytes as the negative numbers that its module gives. */
export function addressOfData(
  { dataIdMap }: Pick<WasmBackend, 'dataIdMap'>,
  dataId: tf.Tensor['dataId'],
): number {
  return dataIdMap.get(dataId).memoryOffset >>> 0;
}
