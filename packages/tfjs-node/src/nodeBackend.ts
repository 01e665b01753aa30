import { hasFunctions } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { NativeBindingError } from './nativeBindingError.ts';

/** An attribute of one of TensorFlow's operations. */
export interface OperationAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** A tensor of TensorFlow's, by its number. */
interface NativeTensor {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** tfjs-node's native part, as far as it is used here. */
interface NativeBinding {
  createTensor(shape: readonly number[], dtype: number, values: unknown): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): unknown;
  executeOp(
    name: string,
    attributes: readonly OperationAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): NativeTensor[];
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_ATTR_TYPE: number;
}

/** What tfjs-node knows of one piece of data: a tensor of TensorFlow's, or values that are to become one at first use. */
interface TensorData {
  readonly shape: readonly number[];
  readonly dtype: number;
  readonly refCount: number;
  id: number;
  values: unknown;
}

/** tfjs-node's backend, as far as it is used here. */
export interface NodeBackend {
  readonly binding: NativeBinding;
  readonly tensorMap: { has(dataId: object): boolean; get(dataId: object): TensorData };
  createOutputTensor(tensor: NativeTensor): tf.Tensor;
  executeSingleOutput(
    name: string,
    attributes: readonly OperationAttribute[],
    inputs: readonly object[],
  ): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly OperationAttribute[],
    inputs: readonly object[],
    outputs: number,
  ): tf.Tensor[];
}

/**
 * The backend of tfjs-node.
 *
 * @throws {NativeBindingError} if tfjs-node was not imported, or is not the one that is known here.
 */
export function nodeBackend(): NodeBackend {
  const backend: unknown = tf.findBackend('tensorflow');
  if (backend === null || backend === undefined) {
    throw new NativeBindingError(
      "TensorFlow.js has no backend called 'tensorflow', because tfjs-node was not imported, or did not load",
    );
  }
  if (!isNodeBackend(backend)) {
    throw new NativeBindingError(
      "the backend called 'tensorflow' is not that of @tensorflow/tfjs-node 3.21 to 4.22",
    );
  }
  return backend;
}

function isNodeBackend(value: unknown): value is NodeBackend {
  return (
    hasFunctions(value, ['createOutputTensor', 'executeSingleOutput', 'executeMultipleOutputs']) &&
    hasFunctions(Reflect.get(value, 'binding'), [
      'createTensor',
      'deleteTensor',
      'tensorDataSync',
      'executeOp',
    ]) &&
    hasFunctions(Reflect.get(value, 'tensorMap'), ['has', 'get'])
  );
}
