import type { Verification } from '@gradkit/bench/gpuReport';
import { startOf, type UpdateTask } from '@gradkit/bench/updateTask';

/** About so many entries of a tree are compared, and of each leaf at least its ends. */
const comparedEntries = 1280;

/**
 * Whether parameters are what clip by global norm and Adam make of a task in so many steps over the same gradients, by float64: all
 * leaves, of each the ends and some entries between them. An entry may be off by what rounding adds up to, and by 3e-4 of the way that
 * `steps` steps go, so that one step too few is found up to 2,000 steps.
 */
export function verifyAdam(
  task: UpdateTask,
  steps: number,
  parameters: readonly Float32Array[],
): Verification {
  const entries = parameters.map((values) => ({
    length: values.length,
    at: (index: number): number => values[index] ?? NaN,
  }));
  return verifyEntries(task, steps, entries);
}

/** What is compared of a task with so many leaves: places in a leaf of so many entries. */
export function comparedPlaces(length: number, leaves: number): number[] {
  const count = Math.max(2, Math.ceil(comparedEntries / leaves));
  if (length <= count) return Array.from({ length }, (_, index) => index);
  return Array.from({ length: count }, (_, index) => Math.round((index * (length - 1)) / (count - 1)));
}

/** {@link verifyAdam} of leaves that are elsewhere, of which only `comparedPlaces` are asked for. */
export function verifyEntries(
  task: UpdateTask,
  steps: number,
  parameters: readonly { readonly length: number; readonly at: (index: number) => number }[],
): Verification {
  const { settings } = task;
  const start = startOf(task);
  const norm = Math.sqrt(start.gradients.reduce((sum, gradient) => sum + sumOfSquares(gradient), 0));
  const scale = norm > settings.maxNorm ? settings.maxNorm / norm : 1;
  let compared = 0;
  let largest = 0;
  for (const [leaf, before] of start.parameters.entries()) {
    const after = parameters[leaf];
    const gradient = start.gradients[leaf];
    if (after?.length !== before.length || gradient === undefined)
      return wrong(`leaf ${leaf} has ${after?.length ?? 'no'} entries, not ${before.length}`);
    for (const index of comparedPlaces(before.length, start.parameters.length)) {
      const from = before[index] ?? NaN;
      const wanted = from + adamUpdate((gradient[index] ?? NaN) * scale, steps, settings);
      const found = after.at(index);
      const tolerance =
        (steps + 8) * 2 ** -24 * Math.max(1, Math.abs(wanted)) + allowedShare(steps, settings);
      const error = Math.abs(found - wanted);
      // Not `error > tolerance`, which NaN would pass.
      if (!(error <= tolerance)) {
        const stayed = found === from ? ', which is where it began' : '';
        return wrong(
          `after ${steps} steps entry ${index} of leaf ${leaf} is ${found}${stayed}, by float64 ${wanted}`,
        );
      }
      compared++;
      largest = Math.max(largest, error);
    }
  }
  return {
    isRight: true,
    text: `${compared} entries after ${steps} steps, at most ${largest.toExponential(1)} from float64`,
  };
}

function allowedShare(steps: number, { learningRate }: UpdateTask['settings']): number {
  return 3e-4 * steps * learningRate;
}

function wrong(text: string): Verification {
  return { isRight: false, text };
}

function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** What Adam adds in so many steps over one gradient that stays as it is. */
export function adamUpdate(
  gradient: number,
  steps: number,
  { learningRate, beta1, beta2, epsilon }: UpdateTask['settings'],
): number {
  let [mean, square, decay1, decay2, sum] = [0, 0, 1, 1, 0];
  for (let step = 0; step < steps; step++) {
    mean = beta1 * mean + (1 - beta1) * gradient;
    square = beta2 * square + (1 - beta2) * gradient * gradient;
    decay1 *= beta1;
    decay2 *= beta2;
    sum -= (learningRate * (mean / (1 - decay1))) / (Math.sqrt(square / (1 - decay2)) + epsilon);
  }
  return sum;
}
