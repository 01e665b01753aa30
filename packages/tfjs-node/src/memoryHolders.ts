import { addHolder, shareListener, wrapMethods, type Holders } from '@gradkit/tfjs';
import type * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend, OperationAttribute } from './nodeBackend.ts';

/** Finds out which tensors lie in memory that the engine writes to. */
export interface HolderTracker {
  readonly holders: (dataId: object) => readonly Holders[];
  add(dataId: object, holders: Holders): void;
  close(): void;
}

/**
 * TensorFlow's operations whose results never lie in an operand's memory; TensorFlow writes over an operand only where the memory is
 * its own. The list is of what a training step calls often. Results of all others (reshape, slice, transpose, cast ...) may, and the
 * counts of TensorFlow.js do not tell.
 */
const makeNewMemory: ReadonlySet<string> = new Set([
  'Abs',
  'AddV2',
  'BatchMatMul',
  'BatchMatMulV2',
  'BiasAdd',
  'Conv2D',
  'Conv2DBackpropFilter',
  'Conv2DBackpropInput',
  'DepthwiseConv2dNative',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
  'Div',
  'Exp',
  'GatherV2',
  'Log',
  'MatMul',
  'Maximum',
  'Minimum',
  'Mul',
  'Neg',
  'Pow',
  'RealDiv',
  'Relu',
  'Rsqrt',
  'Sigmoid',
  'Softmax',
  'Sqrt',
  'Square',
  'SquaredDifference',
  'Sub',
  'Tanh',
  '_FusedConv2D',
  '_FusedMatMul',
]);

interface Listener extends Omit<HolderTracker, 'close'> {
  leave(): boolean;
}

// The number is for another one when a listener becomes something else, so that two versions do not share.
const share = shareListener('@gradkit/tfjs-node memory 1', listen);

/**
 * Follows which tensors lie in which memory, by listening to the two methods through which every kernel of tfjs-node runs. The last
 * one who closes it leaves the backend as it was; where somebody else has wrapped the methods too, it stays and listens for nobody.
 */
export function trackHolders(backend: NodeBackend): HolderTracker {
  const { listener, close } = share(backend);
  return { holders: listener.holders, add: listener.add, close };
}

function listen(backend: NodeBackend): Listener {
  const known = new WeakMap<object, readonly Holders[]>();
  const { executeSingleOutput, executeMultipleOutputs } = backend;

  const add = (dataId: object, holders: Holders): void => {
    addHolder(holders, dataId, (held) => backend.tensorMap.has(held));
    const others = known.get(dataId) ?? [];
    if (!others.includes(holders)) known.set(dataId, [...others, holders]);
  };

  const follow = (name: string, inputs: readonly object[], outputs: readonly tf.Tensor[]): void => {
    if (makeNewMemory.has(name)) return;
    for (const input of inputs) {
      // tfjs-node passes 64-bit numbers as something that is no tensor.
      if (!('dataId' in input) || typeof input.dataId !== 'object' || input.dataId === null) continue;
      for (const holders of known.get(input.dataId) ?? []) {
        for (const { dataId, dtype } of outputs) if (dtype === 'float32') add(dataId, holders);
      }
    }
  };

  const leave = wrapMethods([
    {
      owner: backend,
      name: 'executeSingleOutput',
      method: (
        name: string,
        attributes: readonly OperationAttribute[],
        inputs: readonly object[],
      ): tf.Tensor => {
        const output = executeSingleOutput.call(backend, name, attributes, inputs);
        follow(name, inputs, [output]);
        return output;
      },
    },
    {
      owner: backend,
      name: 'executeMultipleOutputs',
      method: (
        name: string,
        attributes: readonly OperationAttribute[],
        inputs: readonly object[],
        count: number,
      ): tf.Tensor[] => {
        const outputs = executeMultipleOutputs.call(backend, name, attributes, inputs, count);
        follow(name, inputs, outputs);
        return outputs;
      },
    },
  ]);
  return { holders: (dataId) => known.get(dataId) ?? [], add, leave };
}
