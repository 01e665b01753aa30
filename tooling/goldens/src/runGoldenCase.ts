import * as clipNorm from '@gradkit/clip-norm';
import * as clipValue from '@gradkit/clip-value';
import { createStepper, transformFromJSON, type Engine, type TransformRegistry } from '@gradkit/core';
import * as optimizers from '@gradkit/optimizers';
import { schedules } from '@gradkit/schedules';
import type { GoldenCase, GoldenThrow, GoldenValues } from './goldenCase.ts';

/** Every transform and schedule that a case may name. */
export const goldenRegistry: TransformRegistry = {
  transforms: { ...clipNorm, ...clipValue, ...optimizers },
  schedules,
};

/**
 * Runs our transform over the steps of a case, as its `expected.what` says: `update` at each step, or `step` and the parameters after
 * it. What comes back has every step, and every leaf; a leaf without a gradient has an update of -0.
 *
 * @param engine What executes the steps. Default: the reference interpreter.
 * @returns the values, or the name of the error class if our transform, its making or a step threw.
 */
export function runGoldenCase(goldenCase: GoldenCase, engine?: Engine): GoldenValues | GoldenThrow {
  try {
    return valuesOf(goldenCase, engine);
  } catch (error) {
    if (error instanceof Error) return { throws: error.name, message: error.message };
    throw error;
  }
}

function valuesOf(
  { transform, leaves, steps, expected, ours, onNonFinite }: GoldenCase,
  engine: Engine | undefined,
): GoldenValues {
  const what = whatOf(expected) ?? whatOf(ours) ?? 'updates';
  const params = Array.from(
    leaves,
    ([name, { shape, params: values }]) => [name, { shape, values }] as const,
  );
  const stepper = createStepper(transformFromJSON(transform, goldenRegistry), Object.fromEntries(params), {
    ...(engine === undefined ? {} : { engine }),
    ...(onNonFinite === undefined ? {} : { onNonFinite }),
  });
  const perStep: GoldenValues['perStep'][number][] = [];
  let norm: number | undefined;
  for (const [index, { gradients }] of steps.entries()) {
    const given = Object.fromEntries(gradients);
    if (what === 'params') stepper.step(given);
    const after = what === 'params' ? stepper.params() : stepper.update(given);
    const copies = Object.entries(after).map(([name, values]) => [name, values.slice()] as const);
    perStep.push({ step: index + 1, leaves: new Map(copies) });
    norm = stepper.report()?.values['clipByGlobalNorm.norm'];
  }
  stepper.dispose();
  return { what, perStep, ...(norm === undefined ? {} : { norm }) };
}

function whatOf(outcome: GoldenValues | GoldenThrow): GoldenValues['what'] | undefined {
  return 'throws' in outcome ? undefined : outcome.what;
}
