import type { Engine, EngineStep, Layout } from './engine.ts';
import { slotLength } from './groupLayout.ts';
import { interpretPlan, interpretProgram, type Memory } from './interpreter.ts';
import type { Plan } from './plan.ts';
import { sizeOfShape } from './program.ts';
import type { ReadReports } from './report.ts';
import { noGroup } from './symbolicTensor.ts';

/**
 * The engine that defines what every other must compute: an interpreter in plain JavaScript, slow and obvious.
 *
 * @param options `fuse: false` runs programs operation by operation instead of pass by pass, with the same bits.
 */
export function referenceEngine({ fuse = true }: { fuse?: boolean } = {}): Engine {
  return fuse
    ? fusedReferenceEngine()
    : interpreterEngine('reference (fuse: false)', ({ program }, ...inputs) =>
        interpretProgram(program, ...inputs),
      );
}

/** `referenceEngine()`, without what `fuse: false` would bring into a bundle. */
export function fusedReferenceEngine(): Engine {
  return interpreterEngine('reference', interpretPlan);
}

function interpreterEngine(
  name: string,
  interpret: (plan: Plan, memory: Memory, scalars: EngineStep['scalars']) => ReadReports,
): Engine {
  return {
    name,
    open: (layout) => {
      const memory = allocate(layout);
      return {
        memory,
        execute: ({ plan, scalars, gradients }) => interpret(plan, { ...memory, gradients }, scalars),
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
