import type { Layout } from './engine.ts';
import { slotLength } from './groupLayout.ts';
import { sizeOfShape } from './program.ts';
import { noGroup } from './symbolicTensor.ts';

/**
 * The memory that a program works on. Arrays are per leaf, by number; a scalar or a vector of the state has one array, under
 * `noGroup`.
 */
export interface Memory {
  readonly parameters: readonly Float32Array[];
  readonly gradients: readonly (Float32Array | undefined)[];
  readonly slots: ReadonlyMap<string, ReadonlyMap<number, Float32Array>>;
  /** Where updates go when a program hands them over. */
  readonly updates: readonly Float32Array[];
}

/** Memory of JavaScript's own for a layout, all zero. */
export function allocateMemory({ leaves, slots }: Layout): Memory {
  const arrays = (): Float32Array[] => leaves.map(({ shape }) => new Float32Array(sizeOfShape(shape)));
  return {
    parameters: arrays(),
    gradients: arrays(),
    updates: arrays(),
    slots: new Map(
      slots.map((slot) => {
        const owners = slot.kind === 'scalar' || slot.kind === 'vector' ? [noGroup] : slot.leaves;
        return [
          slot.name,
          new Map(owners.map((leaf) => [leaf, new Float32Array(slotLength(slot, leaves[leaf]?.shape))])),
        ];
      }),
    ),
  };
}
