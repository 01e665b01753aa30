import { stateEntries, type Layout } from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import { shapeOfKind } from './shapeOfKind.ts';

/** The state of a session as tensors: copies, made when they are asked for and kept until the state changes. */
export interface StateTensors {
  tensors(): ReadonlyMap<string, tf.Tensor>;
  /** Disposes the copies. */
  forget(): void;
}

/** Makes tensors of a state whose arrays `valuesOf` finds; it is copied at once. */
export function stateTensors(
  { leaves, slots }: Layout,
  valuesOf: (slot: string, leaf: number) => Float32Array | undefined,
): StateTensors {
  let made: Map<string, tf.Tensor> | undefined;
  return {
    tensors: () => {
      made ??= new Map(
        stateEntries(slots, leaves).map(({ name, slot, leaf }) => {
          const values = valuesOf(slot.name, leaf)?.slice() ?? new Float32Array(0);
          const shape = shapeOfKind(slot, leaves[leaf]?.shape ?? []);
          return [name, tf.keep(tf.tensor(values, shape, 'float32'))];
        }),
      );
      return made;
    },
    forget: () => {
      made?.forEach((tensor) => tensor.dispose());
      made = undefined;
    },
  };
}
