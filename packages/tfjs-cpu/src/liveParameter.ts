import type { ParameterMemory } from '@gradkit/tfjs';
import type { CpuBackend } from './cpuBackend.ts';
import { hold, type HolderTracker } from './memoryHolders.ts';
import { copyValues } from './copyValues.ts';
import { showValues } from './showValues.ts';

/**
 * Keeps one parameter in the engine's memory and lets the variable's data be that memory, so that a step copies nothing.
 *
 * A variable stays itself; its data changes only if something else shares it. What a user holds of it (a clone, a reshape, a slice)
 * keeps the values that it had, and a value that is assigned to it is taken up.
 */
export function liveParameter(
  values: Float32Array,
  { backend, tracker }: { backend: CpuBackend; tracker: HolderTracker },
): ParameterMemory {
  const { data } = backend;
  const memory = tracker.follow(values);
  const { dataIds } = memory;

  const detachAllBut = (kept: object | undefined): void => {
    if (dataIds.size === 0 || (dataIds.size === 1 && kept !== undefined && dataIds.has(kept))) return;
    for (const dataId of dataIds) {
      if (dataId === kept) continue;
      const entry = data.has(dataId) ? data.get(dataId) : undefined;
      // It may have moved on to the memory of another optimizer.
      if (entry?.values instanceof Float32Array && entry.values.buffer === values.buffer)
        entry.values = entry.values.slice();
      dataIds.delete(dataId);
    }
  };

  return {
    refresh: ({ dataId }) => {
      if (data.get(dataId).values === values) return;
      detachAllBut(undefined);
      copyValues(data.get(dataId), values);
    },
    makeWritable: (variable) => {
      const { dataId } = variable;
      const entry = data.get(dataId);
      if (entry.values === values && entry.refCount === 1) return detachAllBut(dataId);
      detachAllBut(undefined);
      showValues(variable, values, backend);
      hold(backend, variable.dataId, memory);
    },
    publish: () => {},
    release: () => detachAllBut(undefined),
  };
}
