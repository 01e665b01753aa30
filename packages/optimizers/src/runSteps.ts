import { createStepper, type AnyTransform } from '@gradkit/core';

/** For tests: the parameter `w` after each step, one step for each gradient; null is no gradient. */
export function runSteps(
  transform: AnyTransform,
  gradients: readonly (readonly number[] | null)[],
  start: readonly number[],
): number[][] {
  const stepper = createStepper(transform, { w: Float32Array.from(start) });
  return gradients.map((gradient) => {
    stepper.step({ w: gradient === null ? null : Float32Array.from(gradient) });
    return Array.from(stepper.params()['w'] ?? []);
  });
}

/** For tests: the updates of `w`, one for each gradient, with the parameters held at `start`. */
export function runUpdates(
  transform: AnyTransform,
  gradients: readonly (readonly number[])[],
  start: readonly number[] = gradients[0]?.map(() => 0) ?? [],
): number[][] {
  const stepper = createStepper(transform, { w: Float32Array.from(start) });
  return gradients.map((gradient) =>
    Array.from(stepper.update({ w: Float32Array.from(gradient) })['w'] ?? []),
  );
}
