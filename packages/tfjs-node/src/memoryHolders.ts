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

interface Listener extends Omit<HolderTracker, 'close'> {
  /** Gives the backend its own methods back, unless somebody else has wrapped them since. */
  leave(): boolean;
}

const trackers = new WeakMap<NodeBackend, { tracker: Listener; users: number }>();

/**
 * Follows which tensors lie in which memory, by listening to the two methods through which every kernel of tfjs-node runs. The last
 * one who closes it leaves the backend as it was; where somebody else has wrapped the methods too, it stays and listens for nobody.
 */
export function trackHolders(backend: NodeBackend): HolderTracker {
  const entry = trackers.get(backend) ?? { tracker: listen(backend), users: 0 };
  trackers.set(backend, entry);
  entry.users += 1;
  let isOpen = true;
  return {
    holders: entry.tracker.holders,
    add: entry.tracker.add,
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      entry.users -= 1;
      if (entry.users === 0 && entry.tracker.leave()) trackers.delete(backend);
    },
  };
}

const listened = ['executeSingleOutput', 'executeMultipleOutputs'] as const;

function listen(backend: NodeBackend): Listener {
  const known = new WeakMap<object, readonly Holders[]>();
  const { executeSingleOutput, executeMultipleOutputs } = backend;
  const before = listened.map((name) => Object.getOwnPropertyDescriptor(backend, name));

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
  const ours = listened.map((name) => backend[name]);
  return {
    holders: (dataId) => known.get(dataId) ?? [],
    add,
    leave: () => {
      if (listened.some((name, index) => backend[name] !== ours[index])) return false;
      listened.forEach((name, index) => {
        const descriptor = before[index];
        if (descriptor === undefined) Reflect.deleteProperty(backend, name);
        else Object.defineProperty(backend, name, descriptor);
      });
      return true;
    },
  };
}
