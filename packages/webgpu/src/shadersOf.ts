import { createTransformRun, type AnyTransform, type LeafSpec } from '@gradkit/core';
import { printShaders } from './printShaders.ts';

const leaves: readonly LeafSpec[] = [
  { name: 'kernel', shape: [6, 4] },
  { name: 'bias', shape: [4] },
];

/** The functions that a transform's own lines are in; the others are those of the library and say nothing of it. */
const own = /^fn (?:sweep|commit|before)\(/;

/**
 * What the shaders of a step have of a transform over a matrix and a vector, for tests to keep: the functions that sweep, commit, and
 * compute numbers before a pass. Workgroups have 64 lanes, which says nothing about the transform either.
 */
export function shadersOf(transform: AnyTransform, { step = 0 }: { step?: number } = {}): string {
  const run = createTransformRun(transform, leaves);
  const output = transform.yields === 'updates' ? 'parameters' : 'updates';
  const { plan } = run.prepare({ step, active: leaves.map(() => true), output });
  return printShaders(plan, { maxComputeWorkgroupSizeX: 64 })
    .map(({ pass, wgsl, dispatches }) => {
      const functions = wgsl.split('\n\n').filter((part) => own.test(part));
      return [`${pass}: ${dispatches} dispatch${dispatches === 1 ? '' : 'es'}`, ...functions]
        .join('\n\n')
        .trim();
    })
    .join('\n\n');
}
