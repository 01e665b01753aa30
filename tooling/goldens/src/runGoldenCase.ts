import * as clipNorm from '@gradkit/clip-norm';
import * as clipValue from '@gradkit/clip-value';
import {
  createDeviceStepper,
  createStepper,
  transformFromJSON,
  type DeviceEngine,
  type Engine,
  type LeafValues,
  type TransformRegistry,
} from '@gradkit/core';
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
 * @param engine What executes the steps. Default: what `createStepper` takes.
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

/** {@link runGoldenCase} on a device. Steps are not waited for, so an error may come after values of later steps. */
export async function runGoldenCaseOnDevice<Buffer extends object>(
  goldenCase: GoldenCase,
  engine: DeviceEngine<Buffer>,
): Promise<GoldenValues | GoldenThrow> {
  try {
    return await valuesOnDevice(goldenCase, engine);
  } catch (error) {
    if (error instanceof Error) return { throws: error.name, message: error.message };
    throw error;
  }
}

function valuesOf(goldenCase: GoldenCase, engine: Engine | undefined): GoldenValues {
  const { transform, steps, onNonFinite } = goldenCase;
  const what = whatIsSeen(goldenCase);
  const stepper = createStepper(transformFromJSON(transform, goldenRegistry), paramsOf(goldenCase), {
    ...(engine === undefined ? {} : { engine }),
    ...(onNonFinite === undefined ? {} : { onNonFinite }),
  });
  const perStep: GoldenStep[] = [];
  let norm: number | undefined;
  for (const [index, { gradients }] of steps.entries()) {
    const given = Object.fromEntries(gradients);
    if (what === 'params') stepper.step(given);
    perStep.push(stepOf(index, what === 'params' ? stepper.params() : stepper.update(given)));
    norm = stepper.report()?.values[normPath];
  }
  stepper.dispose();
  return { what, perStep, ...(norm === undefined ? {} : { norm }) };
}

async function valuesOnDevice<Buffer extends object>(
  goldenCase: GoldenCase,
  engine: DeviceEngine<Buffer>,
): Promise<GoldenValues> {
  const { transform, steps, onNonFinite } = goldenCase;
  const what = whatIsSeen(goldenCase);
  const made = transformFromJSON(transform, goldenRegistry);
  const stepper = await createDeviceStepper(made, paramsOf(goldenCase), {
    engine,
    ...(onNonFinite === undefined ? {} : { onNonFinite }),
  });
  const perStep: GoldenStep[] = [];
  let norm: number | undefined;
  try {
    for (const [index, { gradients }] of steps.entries()) {
      const given = Object.fromEntries(gradients);
      if (what === 'params') stepper.step(given);
      perStep.push(stepOf(index, await (what === 'params' ? stepper.params() : stepper.update(given))));
      norm = (await stepper.report())?.values[normPath];
    }
  } finally {
    stepper.dispose();
  }
  return { what, perStep, ...(norm === undefined ? {} : { norm }) };
}

type GoldenStep = GoldenValues['perStep'][number];

const normPath = 'clipByGlobalNorm.norm';

function paramsOf({ leaves }: GoldenCase): Record<string, LeafValues> {
  return Object.fromEntries(
    Array.from(leaves, ([name, { shape, params: values }]) => [name, { shape, values }]),
  );
}

function stepOf(index: number, arrays: Readonly<Record<string, Float32Array>>): GoldenStep {
  const copies = Object.entries(arrays).map(([name, values]) => [name, values.slice()] as const);
  return { step: index + 1, leaves: new Map(copies) };
}

function whatIsSeen({ expected, ours }: GoldenCase): GoldenValues['what'] {
  return whatOf(expected) ?? whatOf(ours) ?? 'updates';
}

function whatOf(outcome: GoldenValues | GoldenThrow): GoldenValues['what'] | undefined {
  return 'throws' in outcome ? undefined : outcome.what;
}
