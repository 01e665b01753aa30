import type { Engine, Layout } from './engine.ts';
import { slotLength } from './groupLayout.ts';
import { interpretPlan, interpretProgram, type Memory } from './interpreter.ts';
import { sizeOfShape } from './program.ts';
import { noGroup } from './symbolicTensor.ts';

/**
 * The engine that defines what every other must compute: an interpreter in plain JavaScript, slow and obvious.
 *
 * @param options `fuse: false` runs programs operation by operation instead of pass by pass, with the same bits.
 */
export function referenceEngine({ fuse = true }: { fuse?: boolean } = {}): Engine {
  return {
    name: fuse ? 'reference' : 'reference (fuse: false)',
    open: (layout) => {
      const memory = allocate(layout);
      return {
        memory,
        initialize: (program) => void interpretProgram(program, memory, new Map()),
        execute: ({ plan, scalars, gradients }) => {
          const given = { ...memory, gradients };
          return fuse ? interpretPlan(plan, given, scalars) : interpretProgram(plan.program, given, scalars);
        },
        dispose: () => {},
      };
    },
  };
}

function allocate({ leaves, slots }: Layout): Memory {
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
