import { InvalidOptionError, type Engine } from '@gradkit/core';
import { engineBinding, type Binding, type TensorMemory } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { trackHolders } from './memoryHolders.ts';
import { nativeMemory } from './nativeMemory.ts';
import { nodeBackend } from './nodeBackend.ts';
import { parameterMemory } from './parameterMemory.ts';

/** Binds an engine that works on Float32Arrays to tfjs-node's tensors. */
export function nodeBinding(engine: Engine): Binding {
  return engineBinding({ name: `tfjs-node with ${engine.name}`, engine, openMemory });
}

function openMemory(): TensorMemory {
  const active = tf.getBackend();
  if (active !== 'tensorflow') {
    throw new InvalidOptionError(
      `node() runs transforms on the backend "tensorflow" of TensorFlow.js, but "${active}" is active. ` +
        `Call await tf.setBackend('tensorflow') before the first step, or leave the binding out, which runs everywhere.`,
    );
  }
  const backend = nodeBackend();
  const memory = nativeMemory(backend);
  const tracker = trackHolders(backend);
  return {
    parameter: (values, { shape }) => parameterMemory(values, shape, { backend, memory, tracker }),
    readGradient: ({ dataId }, place) => {
      const { id, values } = backend.tensorMap.get(dataId);
      return values instanceof Float32Array ? values : memory.read(id, place);
    },
    dispose: () => {
      tracker.close();
      memory.dispose();
    },
  };
}
