import { createStepper, transformFromJSON, type Stepper } from '@gradkit/core';
import { expect, test } from 'vitest';
import type { GoldenSimpleNet } from './goldenCase.ts';
import { loadGoldenSimpleNet } from './loadGoldenCases.ts';
import { goldenRegistry } from './runGoldenCase.ts';

const simpleNet = loadGoldenSimpleNet();
const [inputSize, hiddenSize, outputSize] = [10, 5, 2];

type Weights = ReturnType<Stepper['params']>;

/** The mean squared error of the batch, and its gradients, in float64 from float32 weights. */
function lossAndGradients(
  weights: Weights,
  { batch, inputs, targets }: GoldenSimpleNet,
): { loss: number; gradients: Record<string, Float32Array> } {
  const at = (array: ArrayLike<number> | undefined, index: number): number => array?.[index] ?? Number.NaN;
  const { 'fc1.weight': w1, 'fc1.bias': b1, 'fc2.weight': w2, 'fc2.bias': b2 } = weights;
  const sums = new Map(
    Object.entries(weights).map(([name, { length }]) => [name, Array.from({ length }, () => 0)]),
  );
  const addTo = (name: string, index: number, value: number): void => {
    const sum = sums.get(name);
    if (sum !== undefined) sum[index] = at(sum, index) + value;
  };
  let loss = 0;
  for (let row = 0; row < batch; row++) {
    const input = inputs.subarray(row * inputSize, (row + 1) * inputSize);
    const before = Array.from({ length: hiddenSize }, (_, unit) =>
      input.reduce((sum, value, index) => sum + at(w1, unit * inputSize + index) * value, at(b1, unit)),
    );
    const hidden = before.map((value) => Math.max(value, 0));
    const hiddenGradient = hidden.map(() => 0);
    for (let output = 0; output < outputSize; output++) {
      const predicted = hidden.reduce(
        (sum, value, unit) => sum + at(w2, output * hiddenSize + unit) * value,
        at(b2, output),
      );
      const miss = predicted - at(targets, row * outputSize + output);
      const share = (2 * miss) / (batch * outputSize);
      loss += miss ** 2 / (batch * outputSize);
      addTo('fc2.bias', output, share);
      hidden.forEach((value, unit) => {
        addTo('fc2.weight', output * hiddenSize + unit, share * value);
        hiddenGradient[unit] = at(hiddenGradient, unit) + share * at(w2, output * hiddenSize + unit);
      });
    }
    before.forEach((value, unit) => {
      if (value <= 0) return;
      addTo('fc1.bias', unit, at(hiddenGradient, unit));
      input.forEach((x, index) =>
        addTo('fc1.weight', unit * inputSize + index, at(hiddenGradient, unit) * x),
      );
    });
  }
  const gradients = Array.from(sums, ([name, sum]) => [name, Float32Array.from(sum)] as const);
  return { loss, gradients: Object.fromEntries(gradients) };
}

test.each(simpleNet.runs)(
  "PyTorch's loop and ours give the same five losses to 1e-6: $goldenCase.name",
  ({ goldenCase, losses, gradientNorms }) => {
    const params = Array.from(goldenCase.leaves, ([name, leaf]) => [
      name,
      { values: leaf.params, shape: leaf.shape },
    ]);
    const stepper = createStepper(
      transformFromJSON(goldenCase.transform, goldenRegistry),
      Object.fromEntries(params),
    );
    losses.forEach((wanted, epoch) => {
      const { loss, gradients } = lossAndGradients(stepper.params(), simpleNet);
      expect(Math.abs(loss / wanted - 1), `loss of epoch ${epoch + 1}`).toBeLessThanOrEqual(1e-6);
      stepper.step(gradients);
      const norm = Math.hypot(...Object.values(gradients).flatMap((values) => Array.from(values)));
      expect(
        Math.abs(norm / (gradientNorms[epoch] ?? 0) - 1),
        `norm of epoch ${epoch + 1}`,
      ).toBeLessThanOrEqual(1e-6);
    });
    expect(losses).toHaveLength(5);
  },
);
