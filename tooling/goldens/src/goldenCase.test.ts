import { readdirSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { GoldenCase, GoldenThrow, GoldenValues } from './goldenCase.ts';
import { goldenError } from './goldenError.ts';
import { loadGoldenCases, loadGoldenSchedules, loadGoldenSimpleNet } from './loadGoldenCases.ts';

const cases = loadGoldenCases();
const schedules = loadGoldenSchedules();
const folder = new URL('../cases/', import.meta.url);

/** The largest error of all leaves and steps; Infinity where one of the two threw. */
function distance(goldenCase: GoldenCase, actual: GoldenValues | GoldenThrow): number {
  const { expected, limits } = goldenCase;
  if ('throws' in actual || 'throws' in expected) return Infinity;
  const errors = expected.perStep.flatMap(({ leaves }, index) =>
    Array.from(leaves, ([leaf, values]) =>
      goldenError(limits.measure, actual.perStep[index]?.leaves.get(leaf) ?? [], values),
    ),
  );
  return Math.max(0, ...errors);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, axis) => size * axis, 1);
}

function caseNamed(name: string): GoldenCase {
  const found = cases.find((goldenCase) => goldenCase.name === name);
  if (found === undefined) throw new Error(`There is no case named ${name}`);
  return found;
}

/** What a library made of the leaf `g` in the first step of a case. */
function firstResult(name: string): number[] {
  const { expected } = caseNamed(name);
  if ('throws' in expected) throw new Error(`${name}: the library threw.`);
  return Array.from(expected.perStep[0]?.leaves.get('g') ?? []);
}

test('there are at least 300 cases of transforms, and each library is there', () => {
  expect(cases.length).toBeGreaterThanOrEqual(300);
  const libraries = new Set([...cases, ...schedules].map(({ source }) => source.library.split(' ')[0]));
  expect(libraries).toEqual(new Set(['keras', 'numpy', 'optax', 'pytorch', 'tfjs']));
});

test('no two cases share a name', () => {
  const names = [...cases, ...schedules].map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('every case says which call of which version it is from', () => {
  const unsourced = [...cases, ...schedules].filter(
    ({ source }) => !/^\S+ \d+\.\d+\.\d+( in float64)?$/.test(source.library) || source.call === '',
  );
  expect(unsourced).toEqual([]);
});

test('all files together stay under 6 MB', () => {
  const sizes = readdirSync(folder).map((file) => statSync(new URL(file, folder)).size);
  expect(sizes.reduce((total, size) => total + size, 0)).toBeLessThan(6e6);
});

describe.each([...new Set(cases.map(({ file }) => file))])('%s', (file) => {
  const ofFile = cases.filter((goldenCase) => goldenCase.file === file);

  test('every gradient and parameter has as many numbers as its shape', () => {
    for (const { name, leaves, steps } of ofFile) {
      for (const [leaf, { shape, params }] of leaves) {
        expect(params.length, `${name}: ${leaf}`).toBe(sizeOf(shape));
        for (const { gradients } of steps) {
          const gradient = gradients.get(leaf);
          expect(gradient, `${name}: ${leaf}`).toBeDefined();
          expect(gradient?.length ?? sizeOf(shape), `${name}: ${leaf}`).toBe(sizeOf(shape));
        }
      }
      for (const { gradients } of steps) expect([...gradients.keys()], name).toEqual([...leaves.keys()]);
    }
  });

  test('every result is of a step that was taken, and of the leaves that have one', () => {
    for (const { name, leaves, steps, expected, ours } of ofFile) {
      for (const outcome of [expected, ours]) {
        if ('throws' in outcome) continue;
        expect(outcome.perStep.length, name).toBeGreaterThan(0);
        for (const result of outcome.perStep) {
          const gradients = steps[result.step - 1]?.gradients;
          const wanted = [...leaves.keys()].filter(
            (leaf) => outcome.what === 'params' || gradients?.get(leaf) !== null,
          );
          expect(gradients, name).toBeDefined();
          expect([...result.leaves.keys()].toSorted(), name).toEqual(wanted.toSorted());
          for (const [leaf, values] of result.leaves) {
            expect(values.length, `${name}: ${leaf}`).toBe(leaves.get(leaf)?.params.length);
          }
        }
      }
    }
  });

  test('a case that does not differ has one result', () => {
    for (const { name, expected, ours, differs } of ofFile) {
      expect(ours === expected, name).toBe(differs === undefined);
    }
  });

  test('a case that differs gives its reason in a sentence, and its value is another', () => {
    for (const goldenCase of ofFile.filter(({ differs }) => differs !== undefined)) {
      const { name, expected, ours, limits, differs } = goldenCase;
      expect(differs, name).toMatch(/^[A-Z].*\.$/);
      const norms =
        'throws' in expected || 'throws' in ours || expected.norm === undefined
          ? 0
          : goldenError('entry', [ours.norm ?? Number.NaN], [expected.norm]);
      const isAnother = distance(goldenCase, ours) > limits.tolerance || norms > (limits.normTolerance ?? 0);
      expect(isAnother, name).toBe(true);
    }
  });
});

describe('a case keeps what JSON has no number for', () => {
  test('NaN, infinities and -0 of the gradients', () => {
    const name = 'Optax: NaN stays, infinities are clamped and -0 stays';
    expect(Array.from(caseNamed(name).steps[0]?.gradients.get('g') ?? [])).toEqual([
      Number.NaN,
      Infinity,
      -Infinity,
      -0,
      0,
      2,
      -2,
      0.5,
    ]);
    expect(firstResult(name)).toEqual([Number.NaN, 1, -1, -0, 0, 1, -1, 0.5]);
  });

  test('a threshold of infinity', () => {
    expect(caseNamed('A threshold of infinity keeps (3, 4)').transform.options['maxNorm']).toEqual({
      number: 'Infinity',
    });
  });

  test('a leaf without a gradient', () => {
    const { steps } = caseNamed('A leaf without a gradient is left alone and does not count');
    expect(steps[0]?.gradients.get('b')).toBeNull();
  });
});

test("(3, 4) clipped to 1 is (0.6, 0.8) in float64 and the float32 numbers next to them in PyTorch's", () => {
  expect(firstResult('(3, 4) of norm 5 is clipped to (0.6, 0.8)')).toEqual([
    Math.fround(0.6),
    Math.fround(0.8),
  ]);
  expect(firstResult('PyTorch clips (3, 4) of norm 5 to 1').map((value) => value.toFixed(8))).toEqual([
    '0.59999990',
    '0.79999983',
  ]);
});

test('every schedule has a value at each of its steps', () => {
  expect(schedules.length).toBeGreaterThanOrEqual(20);
  for (const { name, steps, expected, ours, limits, differs } of schedules) {
    expect(expected.length, name).toBe(steps.length);
    expect(ours.length, name).toBe(steps.length);
    expect(goldenError(limits.measure, ours, expected) > limits.tolerance, name).toBe(differs !== undefined);
  }
});

describe('SimpleNet', () => {
  const { batch, inputs, targets, runs } = loadGoldenSimpleNet();

  test('has 32 rows of 10 inputs and 2 targets', () => {
    expect([batch, inputs.length, targets.length]).toEqual([32, 320, 64]);
  });

  test('was run without a clip, with a norm clip and with two value clips, for five epochs each', () => {
    expect(runs.map(({ goldenCase }) => goldenCase.name)).toEqual([
      'SimpleNet, five epochs, no clip',
      'SimpleNet, five epochs, clip_grad_norm_(max_norm=1.0)',
      'SimpleNet, five epochs, clip_grad_value_(1.0)',
      'SimpleNet, five epochs, clip_grad_value_(0.05)',
    ]);
    for (const { losses, gradientNorms, goldenCase } of runs) {
      expect([losses.length, gradientNorms.length, goldenCase.steps.length]).toEqual([5, 5, 5]);
    }
  });

  test('the loss falls from epoch to epoch', () => {
    for (const { losses } of runs) expect([...losses]).toEqual([...losses].toSorted((a, b) => b - a));
  });

  test('every gradient is above the norm clip, and starts from the same weights', () => {
    for (const { gradientNorms, losses, goldenCase } of runs) {
      expect(Math.min(...gradientNorms)).toBeGreaterThan(1);
      expect(losses[0]).toBe(runs[0]?.losses[0]);
      expect(goldenCase.leaves).toEqual(runs[0]?.goldenCase.leaves);
    }
  });

  test('the weights, inputs and targets give the first loss and gradient in float64', () => {
    const leaves = runs[0]?.goldenCase.leaves;
    const read = (leaf: string): number[] => Array.from(leaves?.get(leaf)?.params ?? []);
    const linear = (row: readonly number[], layer: string): number[] =>
      read(`${layer}.bias`).map((bias, output) => {
        const weights = read(`${layer}.weight`).slice(output * row.length, (output + 1) * row.length);
        return weights.reduce((sum, weight, input) => sum + weight * (row[input] ?? Number.NaN), bias);
      });
    let total = 0;
    const biasGradient = [0, 0];
    for (let row = 0; row < batch; row++) {
      const hidden = linear(Array.from(inputs.slice(10 * row, 10 * row + 10)), 'fc1').map((x) =>
        Math.max(x, 0),
      );
      for (const [output, prediction] of linear(hidden, 'fc2').entries()) {
        const difference = prediction - (targets[2 * row + output] ?? Number.NaN);
        total += difference ** 2;
        biasGradient[output] = (biasGradient[output] ?? 0) + (2 * difference) / (2 * batch);
      }
    }
    expect(goldenError('entry', [total / (2 * batch)], [runs[0]?.losses[0] ?? Number.NaN])).toBeLessThan(
      1e-6,
    );
    const first = runs[0]?.goldenCase.steps[0]?.gradients.get('fc2.bias') ?? [];
    expect(goldenError('leaf', biasGradient, first)).toBeLessThan(1e-6);
  });
});
