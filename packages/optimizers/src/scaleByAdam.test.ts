import { createStepper } from '@gradkit/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { runUpdates } from './runSteps.ts';
import { scaleByAdam } from './scaleByAdam.ts';

test('the first step is the sign of the gradient, of whatever size', () => {
  const [first = []] = runUpdates(scaleByAdam({ epsilon: 0 }), [[1e-10, -1e-3, 5, 1e10]]);
  [1, -1, 1, 1].forEach((sign, index) => expect(first[index]).toBeCloseTo(sign, 6));
});

test('a constant gradient stays at 1 over 1,000 steps: the bias correction does not drift', () => {
  const all = runUpdates(
    scaleByAdam({ epsilon: 0 }),
    Array.from({ length: 1000 }, () => [0.3]),
  );
  for (const [value = Number.NaN] of all) expect(Math.abs(value - 1)).toBeLessThan(1e-5);
});

test('at betas of 0.5 the gradients 1 and 3 give 7 / 3 over the root of 19 / 3', () => {
  const all = runUpdates(scaleByAdam({ beta1: 0.5, beta2: 0.5, epsilon: 0 }), [[1], [3]]);
  expect(all[1]?.[0]).toBeCloseTo(7 / 3 / Math.sqrt(19 / 3), 6);
});

test('epsilon is added to the root after bias correction: 1 / (1 + 1)', () => {
  expect(runUpdates(scaleByAdam({ epsilon: 1 }), [[1]])[0]?.[0]).toBeCloseTo(0.5, 6);
});

test('zero gradients do not move, because epsilon keeps 0 / 0 away', () => {
  expect(
    runUpdates(scaleByAdam(), [
      [0, 0],
      [0, 0],
    ]),
  ).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test('a leaf that joins late has a bias correction of its own', () => {
  const stepper = createStepper(scaleByAdam({ epsilon: 0 }), {
    a: new Float32Array(1),
    b: new Float32Array(1),
  });
  for (let step = 0; step < 10; step++) stepper.update({ a: Float32Array.of(1), b: null });
  expect(stepper.update({ a: Float32Array.of(1), b: Float32Array.of(-4) })['b']?.[0]).toBeCloseTo(-1, 6);
});

test('with an epsilon of 0 the size of all gradients does not matter', () => {
  const sized = fc.float({ min: Math.fround(0.01), max: 10, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(sized, sized), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: -8, max: 8 }),
      (gs, power) => {
        const scaled = gs.map((gradient) => gradient.map((value) => value * 2 ** power));
        expect(runUpdates(scaleByAdam({ epsilon: 0 }), scaled)).toEqual(
          runUpdates(scaleByAdam({ epsilon: 0 }), gs),
        );
      },
    ),
  );
});
