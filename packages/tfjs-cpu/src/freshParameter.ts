import type { ParameterMemory } from '@gradkit/tfjs';
import type { CpuBackend } from './cpuBackend.ts';
import { copyValues } from './copyValues.ts';
import { showValues } from './showValues.ts';

/** Keeps one parameter in the engine's memory and gives the variable a new array after each step, as TensorFlow.js's optimizers do. */
export function freshParameter(values: Float32Array, { backend }: { backend: CpuBackend }): ParameterMemory {
  return {
    // Always, because a user may have written to the variable's array.
    refresh: ({ dataId }) => copyValues(backend.data.get(dataId), values),
    makeWritable: () => {},
    publish: (variable) => showValues(variable, values.slice(), backend),
    release: () => {},
  };
}
