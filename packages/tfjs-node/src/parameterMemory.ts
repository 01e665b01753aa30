import { noHolders, type Holders, type ParameterMemory } from '@gradkit/tfjs';
import type { HolderTracker } from './memoryHolders.ts';
import type { NativeMemory } from './nativeMemory.ts';
import type { NodeBackend } from './nodeBackend.ts';

/** What parameter memory is made of. */
export interface MemoryContext {
  readonly backend: NodeBackend;
  readonly memory: NativeMemory;
  readonly tracker: HolderTracker;
}

/**
 * Keeps one parameter in the engine's memory. Where TensorFlow can share it, the variable's tensor is that memory, and a step copies
 * nothing; elsewhere the variable gets a copy after each step.
 *
 * A variable stays itself: its data changes only when something else shares it. What a user holds of it (a clone, a reshape, a slice)
 * keeps the values that it had, and a value that is assigned to it is taken up.
 */
export function parameterMemory(
  values: Float32Array,
  shape: readonly number[],
  { backend, memory, tracker }: MemoryContext,
): ParameterMemory {
  const { binding, tensorMap } = backend;
  const holders: Holders = noHolders();
  const isShared = memory.isShared(values);
  let shown: { readonly dataId: object; readonly id: number } | undefined;

  const isShown = (dataId: object): boolean =>
    shown !== undefined &&
    shown.dataId === dataId &&
    tensorMap.has(dataId) &&
    tensorMap.get(dataId).id === shown.id;

  const detach = (dataId: object): void => {
    const data = tensorMap.get(dataId);
    // TensorFlow.js has moved it to another backend and back: it lies in an array of its own.
    if (data.values !== null || data.id < 0) return;
    const copy = binding.createTensor(data.shape, data.dtype, binding.tensorDataSync(data.id));
    binding.deleteTensor(data.id);
    data.id = copy;
  };

  const detachAllBut = (kept: object | undefined): void => {
    for (const dataId of holders.dataIds) {
      if (dataId === kept) continue;
      if (tensorMap.has(dataId)) detach(dataId);
      holders.dataIds.delete(dataId);
    }
  };

  return {
    refresh: (variable) => {
      if (isShown(variable.dataId)) return;
      detachAllBut(undefined);
      shown = undefined;
      const { id, values: pending } = tensorMap.get(variable.dataId);
      if (pending instanceof Float32Array) values.set(pending);
      else memory.copy(id, values);
    },
    makeWritable: ({ dataId }) => {
      if (!isShared) return;
      detachAllBut(isShown(dataId) && tensorMap.get(dataId).refCount === 1 ? dataId : undefined);
    },
    publish: (variable) => {
      if (isShared && holders.dataIds.has(variable.dataId) && isShown(variable.dataId)) return;
      const id = binding.createTensor(shape, binding.TF_FLOAT, isShared ? values : values.slice());
      const data = tensorMap.get(variable.dataId);
      if (data.refCount === 1) {
        if (data.id >= 0) binding.deleteTensor(data.id);
        data.id = id;
        data.values = null;
      } else {
        const tensor = backend.createOutputTensor({ id, shape: [...shape], dtype: binding.TF_FLOAT });
        variable.assign(tensor);
        tensor.dispose();
      }
      shown = { dataId: variable.dataId, id };
      if (isShared) tracker.add(variable.dataId, holders);
    },
    release: () => {
      detachAllBut(undefined);
      shown = undefined;
    },
  };
}
