import {
  add,
  chain,
  createDeviceStepper,
  defineTransform,
  hyperparameter,
  toProgram,
  type EmptyState,
  type GradientTransform,
} from '@gradkit/core';
import { requestTestDevice } from '@gradkit/gpu';
import { sgd } from '@gradkit/optimizers';
import { describe, expect, test } from 'vitest';
import { printShaders } from './printShaders.ts';
import { webgpuEngine } from './webgpuEngine.ts';
import { scalarFields } from './writeShader.ts';

const device = await requestTestDevice();

/** Adds each of its options to the gradient, and the number of the step. */
function addAll(
  name: string,
  options: Readonly<Record<string, number>>,
): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name,
    options,
    schema: Object.fromEntries(
      Object.keys(options).map((option) => [option, hyperparameter({ fallback: 0 })]),
    ),
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { hyperparameters, step }) => ({
      updates: add(
        Object.values(hyperparameters).reduce((sum, option) => add(sum, option), updates),
        step,
      ),
      state,
    }),
  });
}

const leaves = [{ name: 'w', shape: [2] }];
const fieldsOf = (name: string, options: readonly string[]): string[] => {
  const transform = addAll(name, Object.fromEntries(options.map((option) => [option, 1])));
  const fields = scalarFields(toProgram(chain(transform, sgd({ learningRate: 1 })), leaves));
  expect(fields.size).toBe(options.length + 2);
  return [...fields.values()];
};

const odd = [
  { what: 'twins of the number of the step', name: 'step', options: ['n1', 'n2'] },
  {
    what: 'names that differ by what WGSL does not know',
    name: 'a',
    options: ['b c', 'b-c', 'b.c', 'b_c', 'b_c_n1', 'b__c'],
  },
  {
    what: 'words of WGSL',
    name: 'fn',
    options: ['struct', 'var', 'f32', 'let', 'infinity_bits', 'state_read', 'Step'],
  },
  { what: 'other scripts', name: 'größe', options: ['グラド', '梯度', '\u{1F600}', '\u2028', '\u0000'] },
  {
    what: 'names as long as a page',
    name: 'x'.repeat(4000),
    options: ['y'.repeat(4000), `${'y'.repeat(4000)}z`, 'z'],
  },
  { what: 'names that look like numbers', name: '1', options: ['1', '01', '1e3', '_1', '-1'] },
];

test.each(odd)('$what have each a field of their own', ({ name, options }) => {
  const fields = fieldsOf(name, options);
  expect(new Set(fields).size).toBe(fields.length);
  for (const field of fields) expect(field).toMatch(/^input_\w{1,80}$/);
});

test('random names that differ by a character have each a field of their own', () => {
  const letters = ['_', '.', '-', '#', 'n', '1', '2', 'a', 'é', '\u2028'];
  let seed = 1;
  const letter = (): string => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return letters[seed % letters.length] ?? '';
  };
  for (let round = 0; round < 200; round++) {
    const word = (): string => Array.from({ length: 1 + (round % 4) }, letter).join('');
    const options = [...new Set(Array.from({ length: 12 }, word))];
    const fields = fieldsOf(word(), options);
    expect(new Set(fields).size, JSON.stringify(options)).toBe(fields.length);
  }
});

describe.skipIf(device === undefined)('on a device', () => {
  test.each(odd)('$what are read each for itself', async ({ name, options }) => {
    if (device === undefined) return;
    const powers = Object.fromEntries(options.map((option, index) => [option, 2 ** index]));
    const transform = chain(addAll(name, powers), sgd({ learningRate: 1 }));
    for (const { wgsl } of printShaders(toProgram(transform, leaves))) {
      const { messages } = await device.createShaderModule({ code: wgsl }).getCompilationInfo();
      expect(messages.map(({ message }) => message)).toEqual([]);
    }
    const engine = webgpuEngine(device, { workgroupSize: 8 });
    const stepper = await createDeviceStepper(transform, { w: Float32Array.of(0, 0) }, { engine });
    stepper.step({ w: Float32Array.of(0, 0) });
    stepper.step({ w: Float32Array.of(0, 0) });
    const sum = 2 ** options.length - 1;
    // The second step is number 1.
    expect(await stepper.params()).toEqual({ w: new Float32Array(2).fill(-2 * sum - 1) });
    stepper.dispose();
  });
});
