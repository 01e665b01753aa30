import { createStepper, identity, transformFromJSON, type TransformJSON } from '@gradkit/core';
import { clipsOnly, membersOf } from './chainDescription.ts';
import type { NamedArrays } from './trainingPair.ts';
import { transformRegistry } from './transformRegistry.ts';

/** A gradient on its way through the clips of a chain. */
export interface ClipStage {
  /** The clip that gave it; undefined before the first. */
  readonly clip: TransformJSON | undefined;
  readonly gradient: NamedArrays;
}

/** Runs a gradient through the clips of a chain, one more at each stage: the transforms themselves, on the reference engine. */
export function clipStages(chain: TransformJSON, gradient: NamedArrays): readonly ClipStage[] {
  const clips = membersOf(clipsOnly(chain));
  const stages: ClipStage[] = [{ clip: undefined, gradient }];
  for (const clip of clips) {
    const before = stages.at(-1)?.gradient ?? gradient;
    stages.push({ clip, gradient: updateOnce(clip, before) });
  }
  return stages;
}

function updateOnce(clip: TransformJSON, gradient: NamedArrays): NamedArrays {
  const zeros = Object.fromEntries(
    Object.entries(gradient).map(([name, values]) => [name, new Float32Array(values.length)]),
  );
  const stepper = createStepper(
    clip.transform === 'chain' ? identity() : transformFromJSON(clip, transformRegistry),
    zeros,
  );
  const updates = stepper.update(gradient);
  stepper.dispose();
  return updates;
}

/** The L2 norm over all leaves. */
export function normOf(gradient: NamedArrays): number {
  let sum = 0;
  for (const values of Object.values(gradient)) for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

/** The angle between two gradients in degrees; NaN if one of them is 0 or not finite. */
export function angleBetween(a: NamedArrays, b: NamedArrays): number {
  let dot = 0;
  for (const [name, values] of Object.entries(a))
    values.forEach((value, index) => (dot += value * (b[name]?.[index] ?? 0)));
  const cosine = dot / (normOf(a) * normOf(b));
  return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
}

/** All entries in one row, in the order of the leaves. */
export function flatten(gradient: NamedArrays): readonly number[] {
  return Object.values(gradient).flatMap((values) => [...values]);
}
