import type * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend, OperationAttribute } from './nodeBackend.ts';

/** The data of tensors that may lie in one piece of memory. */
export interface Holders {
  readonly dataIds: Set<object>;
  /** How many may gather before those that are gone are taken out. */
  limit: number;
}

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

const smallestLimit = 64;

export function noHolders(): Holders {
  return { dataIds: new Set(), limit: smallestLimit };
}

const trackers = new WeakMap<NodeBackend, { tracker: Omit<HolderTracker, 'close'>; users: number }>();

/**
 * Follows which tensors lie in which memory, by listening to the two methods through which every kernel of tfjs-node runs. The last
 * one who closes it leaves the backend as it was.
 */
export function trackHolders(backend: NodeBackend): HolderTracker {
  const entry = trackers.get(backend) ?? { tracker: listen(backend), users: 0 };
  trackers.set(backend, entry);
  entry.users += 1;
  return {
    ...entry.tracker,
    close: () => {
      entry.users -= 1;
      if (entry.users > 0) return;
      trackers.delete(backend);
      Reflect.deleteProperty(backend, 'executeSingleOutput');
      Reflect.deleteProperty(backend, 'executeMultipleOutputs');
    },
  };
}

function listen(backend: NodeBackend): Omit<HolderTracker, 'close'> {
  const known = new WeakMap<object, readonly Holders[]>();
  const { executeSingleOutput, executeMultipleOutputs } = backend;

  const add = (dataId: object, holders: Holders): void => {
    if (holders.dataIds.size >= holders.limit) {
      for (const held of holders.dataIds) if (!backend.tensorMap.has(held)) holders.dataIds.delete(held);
      holders.limit = Math.max(smallestLimit, 2 * holders.dataIds.size);
    }
    holders.dataIds.add(dataId);
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

  backend.executeSingleOutput = (
    name: string,
    attributes: readonly OperationAttribute[],
    inputs: readonly object[],
  ) => {
    const output = executeSingleOutput.call(backend, name, attributes, inputs);
    follow(name, inputs, [output]);
    return output;
  };
  backend.executeMultipleOutputs = (name, attributes, inputs, count) => {
    const outputs = executeMultipleOutputs.call(backend, name, attributes, inputs, count);
    follow(name, inputs, outputs);
    return outputs;
  };
  return { holders: (dataId) => known.get(dataId) ?? [], add };
}
