import { createStepper, type AnyTransform, type Report } from '@gradkit/core';

/** Leaves as plain numbers. */
export type Numbers = Readonly<Record<string, readonly number[]>>;

/** What one update gave. */
export interface Updated {
  readonly updates: Record<string, number[]>;
  readonly report: Report;
}

/** For tests: one update of a transform on gradients of one axis, or of the shapes that are given; parameters are zeros unless given. */
export function updateOnce(
  transform: AnyTransform,
  gradients: Numbers,
  { params = {}, shapes = {} }: { readonly params?: Numbers; readonly shapes?: Numbers } = {},
): Updated {
  const leaves = Object.entries(gradients).map(([name, { length }]) => {
    const values = Float32Array.from(params[name] ?? Array.from({ length }, () => 0));
    return [name, { values, shape: shapes[name] ?? [length] }] as const;
  });
  const stepper = createStepper(transform, Object.fromEntries(leaves));
  const given = Object.entries(gradients).map(([name, values]) => [name, Float32Array.from(values)] as const);
  const updates = Object.entries(stepper.update(Object.fromEntries(given)));
  return {
    updates: Object.fromEntries(updates.map(([name, values]) => [name, Array.from(values)])),
    report: stepper.report() ?? { step: 0, values: {}, leafValues: {} },
  };
}
