import { setTimeout } from 'node:timers/promises';
import { createStepper, type Engine } from '@gradkit/core';
import { localSession, type Contestant } from './contestant.ts';
import { transforms } from './transforms.ts';
import { startOf, type UpdateTask } from './updateTask.ts';

/** Gradkit without a framework: `createStepper` on an engine. */
export function gradkitStepper(options: {
  readonly name: string;
  readonly label: string;
  readonly engine: () => Promise<Engine>;
  /** `inPlace`: they lie in `gradients()`. `handedIn`: they are Float32Arrays of the caller, given to each step. */
  readonly gradients: 'inPlace' | 'handedIn';
  readonly threads?: number;
}): Contestant<UpdateTask> {
  const { name, label } = options;
  return {
    name,
    label,
    open: async (task) => {
      const { tree, transform, settings } = task;
      const { parameters, gradients } = startOf(task);
      const stepper = createStepper(
        transforms[transform](settings),
        Object.fromEntries(
          tree.leaves.map((leaf, index) => [
            leaf.name,
            { values: parameters[index] ?? new Float32Array(), shape: leaf.shape },
          ]),
        ),
        { engine: await options.engine() },
      );
      const named = Object.fromEntries(
        tree.leaves.map((leaf, index) => [leaf.name, gradients[index] ?? new Float32Array()]),
      );
      if (options.gradients === 'inPlace') {
        const places = stepper.gradients();
        for (const [leaf, values] of Object.entries(named)) places[leaf]?.set(values);
      }
      // Threads start beside the first steps, which do without them.
      if (options.threads !== undefined) await setTimeout(200);
      return localSession({
        step: options.gradients === 'inPlace' ? () => stepper.step() : () => stepper.step(named),
        parameters: () => {
          const current = stepper.params();
          return tree.leaves.map((leaf) => Float32Array.from(current[leaf.name] ?? []));
        },
        dispose: () => stepper.dispose(),
      });
    },
  };
}
