import { checkOptionNames, describeValue, InvalidOptionError } from '@gradkit/core';
import { engineBinding, type Binding, type TensorMemory } from '@gradkit/tfjs';
import { createWasmEngine, supportsSimd } from '@gradkit/wasm/binding';
import { cpuBackend } from './cpuBackend.ts';
import { copyValues } from './copyValues.ts';
import { freshParameter } from './freshParameter.ts';
import { liveParameter } from './liveParameter.ts';
import { trackHolders } from './memoryHolders.ts';

/** The options of {@link cpu}. */
export interface CpuOptions {
  /**
   * Whether each step gives variables new arrays, as TensorFlow.js's optimizers do, for those who read the backend's own arrays
   * (`backend.data`). What `variable.dataSync()` gives keeps its values either way. Default false.
   */
  readonly fresh?: boolean;
}

/**
 * Runs transforms on the CPU backend of TensorFlow.js by the WebAssembly engine: variables lie in the engine's memory, gradients are read
 * where they lie.
 *
 * Variables stay themselves: clones, reshapes and slices keep the values they had, assigned values are taken up.
 * @throws {InvalidOptionError} for an option that it does not have; at the first step, if another backend is active.
 * @example toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), adamw({ learningRate: 1e-3 })), { binding: cpu() })
 */
export function cpu(options: CpuOptions = {}): Binding {
  checkOptionNames('cpu', options, ['fresh']);
  const { fresh = false } = options;
  const given: unknown = fresh;
  if (typeof given !== 'boolean') {
    throw new InvalidOptionError(`cpu: fresh must be true or false, but is ${describeValue(given)}.`);
  }
  return engineBinding({
    name: 'tfjs-cpu',
    engine: createWasmEngine(),
    // Who lies in an array can only be told in a memory of WebAssembly's; the engine has none where SIMD is refused.
    openMemory: fresh || !supportsSimd() ? openFreshMemory : openLiveMemory,
  });
}

function openFreshMemory(): TensorMemory {
  const backend = cpuBackend();
  return {
    parameter: (values) => freshParameter(values, { backend }),
    readGradient: ({ dataId }, place) => {
      const entry = backend.data.get(dataId);
      if (entry.values instanceof Float32Array) return entry.values;
      copyValues(entry, place);
      return place;
    },
    dispose: () => {},
  };
}

function openLiveMemory(): TensorMemory {
  const backend = cpuBackend();
  const tracker = trackHolders(backend);
  return {
    parameter: (values) => liveParameter(values, { backend, tracker }),
    readGradient: ({ dataId }, place) => {
      const entry = backend.data.get(dataId);
      // What is no gradient but a variable itself could be written to before all of it is read.
      if (entry.values instanceof Float32Array && !tracker.has(entry.values)) return entry.values;
      copyValues(entry, place);
      return place;
    },
    dispose: tracker.close,
  };
}
