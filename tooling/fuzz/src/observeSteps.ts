import { stateArrays, type NamedState, type Report } from '@gradkit/core';
import { flushAfter } from './flushAfter.ts';
import type { RandomLeaf } from './treeArbitrary.ts';

type Numbers = Float32Array | Int32Array;
type Soon<T> = T | Promise<T>;

/** A stepper of the host or of a device. */
interface ObservedStepper {
  step(gradients: Readonly<Record<string, Float32Array | null>>): void;
  update(gradients: Readonly<Record<string, Float32Array | null>>): Soon<Record<string, Float32Array>>;
  flush(): Soon<boolean>;
  params(): Soon<Record<string, Float32Array>>;
  getState(): Soon<NamedState>;
  report(): Soon<Report | undefined>;
  dispose(): void;
}

/** What can be seen of some steps: arrays by the step and by what they are. */
export type Observed = ReadonlyMap<string, Numbers>;

/** Takes steps and notes everything that can be seen of each. */
export async function observeSteps(
  stepper: ObservedStepper,
  { method, tree, steps }: { method: 'step' | 'update'; tree: readonly RandomLeaf[]; steps: number },
): Promise<Observed> {
  const seen = new Map<string, Numbers>();
  const note = (what: string, arrays: Readonly<Record<string, Numbers>>): void => {
    for (const [name, numbers] of Object.entries(arrays)) seen.set(`${what} ${name}`, numbers.slice());
  };
  try {
    for (let step = 0; step < steps; step++) {
      const given = Object.fromEntries(tree.map(({ name, gradients }) => [name, gradients[step] ?? null]));
      if (method === 'step') stepper.step(given);
      else note(`step ${step}, update`, await stepper.update(given));
      note(`step ${step}, parameter`, await stepper.params());
      note(`step ${step}, state`, Object.fromEntries(stateArrays(await stepper.getState())));
      const { values = {}, leafValues = {} } = (await stepper.report()) ?? {};
      for (const [path, value] of Object.entries(values))
        note(`step ${step}, report`, { [path]: Float32Array.of(value) });
      for (const [path, numbers] of Object.entries(leafValues))
        note(`step ${step}, report`, { [path]: Float32Array.from(numbers.values()) });
      if (step !== flushAfter || method !== 'step') continue;
      note(`step ${step}`, { flushed: Float32Array.of(Number(await stepper.flush())) });
      note(`step ${step}, flushed parameter`, await stepper.params());
      note(`step ${step}, flushed state`, Object.fromEntries(stateArrays(await stepper.getState())));
    }
  } finally {
    stepper.dispose();
  }
  return seen;
}
