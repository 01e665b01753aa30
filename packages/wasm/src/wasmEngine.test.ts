import { adaptiveGradientClip, clipByGlobalNorm, clipByNorm, globalNorm } from '@gradkit/clip-norm';
import { clipByValue } from '@gradkit/clip-value';
import {
  accumulate,
  chain,
  createStepper,
  InvalidOptionError,
  referenceEngine,
  skipNonFinite,
  type AnyTransform,
  type Engine,
  type NamedGradients,
  type Stepper,
} from '@gradkit/core';
import { adam, adamw, lion, sgd } from '@gradkit/optimizers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createWasmEngine } from './createWasmEngine.ts';
import { wasmEngine } from './wasmEngine.ts';

/** Numbers between -1 and 1 that look random and are the same each time. */
function noise(length: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  });
}

function normIn64(...arrays: readonly Float32Array[]): number {
  return Math.sqrt(arrays.reduce((sum, array) => array.reduce((total, x) => total + x * x, sum), 0));
}

const shapes: Readonly<Record<string, readonly number[]>> = {
  wide: [7, 300],
  tall: [301, 5],
  kernel: [3, 3, 2, 6],
  bias: [129],
  gain: [1],
  scalar: [],
  empty: [0],
  column: [40, 1],
};
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const paramsOf = (): Record<string, { values: Float32Array; shape: readonly number[] }> =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape], index) => [
      name,
      { values: noise(sizeOf(shape), index + 1), shape },
    ]),
  );
const gradientsOf = (step: number, scale = 1): Record<string, Float32Array> =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape], index) => [
      name,
      noise(sizeOf(shape), 100 * step + index + 7).map((x) => x * scale),
    ]),
  );

function stepperOf(transform: AnyTransform, engine: Engine = createWasmEngine()): Stepper {
  return createStepper(transform, paramsOf(), { engine });
}

describe('the wasm engine', () => {
  test('takes the step of a stepper', async () => {
    const transform = chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 0.1 }));
    const stepper = createStepper(transform, { w: Float32Array.of(1, 2) }, { engine: await wasmEngine() });
    stepper.step({ w: Float32Array.of(3, 4) });
    expect(Array.from(stepper.params()['w'] ?? [], (x) => Number(x.toFixed(6)))).toEqual([0.94, 1.92]);
    expect(stepper.report()?.values).toEqual({
      'clipByGlobalNorm.norm': 5,
      'clipByGlobalNorm.scale': Math.fround(0.2),
    });
  });

  test.each([
    ['adam', adam({ learningRate: 0.01 })],
    [
      'adamw and a clip by value',
      chain(clipByValue({ limit: 0.5 }), adamw({ learningRate: 0.01, weightDecay: 0.1 })),
    ],
    ['sgd with nesterov momentum', sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true })],
    ['accumulate', accumulate(lion({ learningRate: 0.01 }), { every: 2 })],
  ])('has the bits of the reference where nothing is summed: %s', (_, transform) => {
    const actual = stepperOf(transform);
    const expected = stepperOf(transform, referenceEngine());
    for (let step = 0; step < 4; step++) {
      const gradients: NamedGradients = step === 2 ? { ...gradientsOf(step), tall: null } : gradientsOf(step);
      actual.step(gradients);
      expected.step(gradients);
    }
    expect(actual.params()).toEqual(expected.params());
    expect(actual.getState()).toEqual(expected.getState());
  });

  test.each([
    ['the norm of all leaves', chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.01 }))],
    ['the norm of each leaf', chain(clipByNorm({ maxNorm: 1, normType: 3 }), sgd({ learningRate: 0.1 }))],
    ['the norm of each unit', chain(adaptiveGradientClip({ clipping: 0.01 }), lion({ learningRate: 0.01 }))],
    ['the norm of the updates', chain(adamw({ learningRate: 0.1 }), clipByGlobalNorm({ maxNorm: 0.1 }))],
    [
      'an order with powers out of range',
      chain(clipByGlobalNorm({ maxNorm: 1, normType: 7.5 }), sgd({ learningRate: 1 })),
    ],
  ])('is within 1e-5 of the reference over leaves of many blocks: %s', (_, transform) => {
    const actual = stepperOf(transform);
    const expected = stepperOf(transform, referenceEngine());
    for (let step = 0; step < 3; step++) {
      actual.step(gradientsOf(step));
      expected.step(gradientsOf(step));
    }
    for (const [name, values] of Object.entries(expected.params())) {
      const found = actual.params()[name] ?? new Float32Array(0);
      values.forEach((value, index) =>
        expect(Math.abs((found[index] ?? NaN) - value), `${name}[${index}]`).toBeLessThanOrEqual(
          1e-5 * Math.max(1, Math.abs(value)),
        ),
      );
    }
  });

  test('reads gradients in its own memory and elsewhere with the same result', () => {
    const transform = chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.01 }));
    const [own, elsewhere] = [stepperOf(transform), stepperOf(transform)];
    for (let step = 0; step < 3; step++) {
      for (const [name, values] of Object.entries(gradientsOf(step))) own.gradients()[name]?.set(values);
      own.step();
      elsewhere.step(gradientsOf(step));
    }
    expect(own.params()).toEqual(elsewhere.params());
  });

  test('reads gradients that lie partly in its own memory, and more of them than it copies at a time', () => {
    const sizes = { first: 60_001, second: 7, third: 150_003 };
    const arrays = (scale: number): Record<string, Float32Array> =>
      Object.fromEntries(
        Object.entries(sizes).map(([name, size]) => [
          name,
          Float32Array.from({ length: size }, (_, index) => scale * Math.sin(index + size)),
        ]),
      );
    const transform = chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.01 }));
    const [own, mixed] = [0, 1].map(() =>
      createStepper(transform, arrays(1), { engine: createWasmEngine() }),
    );
    for (let step = 1; step < 4; step++) {
      const given = arrays(step);
      for (const [name, values] of Object.entries(given)) {
        own?.gradients()[name]?.set(values);
        if (name === 'second') mixed?.gradients()[name]?.set(values);
      }
      own?.step();
      mixed?.step({ ...given, second: mixed.gradients()['second'] ?? null });
    }
    expect(mixed?.params()).toEqual(own?.params());
  });

  test.each([
    ['an odd number of units', [2, 30_001]],
    ['as many units as entries', [100_000]],
    ['more units than a chunk has entries', [3, 50_000]],
  ])('has room for the numbers of %s', (_, shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const [actual, expected] = [createWasmEngine(), referenceEngine()].map((engine) =>
      createStepper(
        chain(adaptiveGradientClip({ clipping: 0.01 }), adam({ learningRate: 0.1 })),
        { layer: { shape, values: noise(size, 3) }, bias: noise(5, 4) },
        { engine },
      ),
    );
    for (const stepper of [actual, expected]) stepper?.step({ layer: noise(size, 5), bias: noise(5, 6) });
    const found = actual?.params()['layer'] ?? new Float32Array(0);
    const furthest = (expected?.params()['layer'] ?? new Float32Array(0)).reduce(
      (most, value, index) => Math.max(most, Math.abs(value - (found[index] ?? NaN))),
      0,
    );
    expect(furthest).toBeLessThan(1e-5);
  });

  test('keeps plans of some sets of leaves with gradients, not of all that ever came up', () => {
    const names = Array.from({ length: 8 }, (_, index) => `w${index}`);
    const arrays = (value: number): Record<string, Float32Array> =>
      Object.fromEntries(names.map((name) => [name, Float32Array.of(value)]));
    const [actual, expected] = [createWasmEngine(), referenceEngine()].map((engine) =>
      createStepper(sgd({ learningRate: 0.5, momentum: 0.5 }), arrays(0), { engine }),
    );
    for (let step = 0; step < 256; step++) {
      const given = Object.fromEntries(
        Object.entries(arrays(step % 7)).map(([name, array], index) => [
          name,
          (step >> index) % 2 === 0 ? array : null,
        ]),
      );
      actual?.step(given);
      expected?.step(given);
    }
    expect(actual?.params()).toEqual(expected?.params());
  });

  test('hands over updates, with -0 where there is no step', () => {
    const stepper = stepperOf(clipByValue({ limit: 0.25 }));
    const updates = stepper.update({ ...gradientsOf(1), bias: null });
    expect(updates['bias']?.every((x) => Object.is(x, -0))).toBe(true);
    expect(updates['wide']?.every((x) => Math.abs(x) <= 0.25)).toBe(true);
    expect(stepper.params()['wide']).toEqual(paramsOf()['wide']?.values);
  });

  test('keeps every bit where a step is skipped', () => {
    const transform = skipNonFinite(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.01 })));
    const stepper = stepperOf(transform);
    stepper.step(gradientsOf(0));
    const before = Object.entries(stepper.params()).map(([, values]) => values.slice());
    const moments = stepper.getState()['adam/firstMoment/wide'];
    stepper.step({ ...gradientsOf(1), gain: Float32Array.of(NaN) });
    expect(Object.values(stepper.params())).toEqual(before);
    expect(stepper.getState()['adam/firstMoment/wide']).toEqual(moments);
    expect(stepper.report()?.values['skipNonFinite.skipped']).toBe(1);
  });

  test('views of parameters stay what they were handed out as, whatever programs come up later', () => {
    const stepper = stepperOf(adam({ learningRate: 0.01 }));
    const view = stepper.params()['wide'] ?? new Float32Array(0);
    const names = Object.keys(shapes);
    // Each pattern of null gradients is a program of its own.
    for (let pattern = 0; pattern < 2 ** 8; pattern++) {
      const gradients = Object.fromEntries(
        Object.entries(gradientsOf(pattern)).map(([name, values]) => [
          name,
          (pattern >> names.indexOf(name)) % 2 === 1 ? null : values,
        ]),
      );
      stepper.step(gradients);
    }
    expect(view.length).toBe(2_100);
    expect(view).toBe(view.buffer.byteLength > 0 ? view : undefined);
    expect(stepper.params()['wide']).toEqual(view);
  });

  test('refuses options that cannot be meant', async () => {
    await expect(wasmEngine({ threads: 0 })).rejects.toThrow(InvalidOptionError);
    await expect(wasmEngine({ threads: 1.5 })).rejects.toThrow('a whole number above 0, but is 1.5');
    const misspelt: object = { thread: 2 };
    expect(() => createWasmEngine(misspelt)).toThrow('threads');
  });
});

describe('norms', () => {
  const length = 1_000_003;
  const normOf = (values: Float32Array): number => {
    const stepper = createStepper(
      globalNorm(),
      { x: new Float32Array(values.length) },
      { engine: createWasmEngine() },
    );
    stepper.update({ x: values });
    const norm = stepper.report()?.values['globalNorm.norm'] ?? NaN;
    stepper.dispose();
    return norm;
  };

  test.each([1e-41, 1e-38, 1e-30, 1e-22, 1e-15, 1, 1e15, 1e19, 1e30, 3e35])(
    'of a million numbers around %f are within 1e-6 of float64',
    (scale) => {
      const values = noise(length).map((x) => x * scale);
      const expected = normIn64(values);
      expect(Math.abs(normOf(values) - expected)).toBeLessThanOrEqual(1e-6 * expected + 2 ** -149);
    },
  );

  test('of ten million numbers are within 1e-6 of float64', () => {
    const values = noise(10_485_760);
    const expected = normIn64(values);
    expect(Math.abs(normOf(values) - expected) / expected).toBeLessThanOrEqual(1e-6);
  });

  test('see one number among zeros, one large among small ones, and one that is not finite', () => {
    const zeros = new Float32Array(length);
    zeros[777_777] = 3e-40;
    expect(normOf(zeros)).toBe(Math.fround(3e-40));
    const small = new Float32Array(length).fill(1e-30);
    small[5] = 1e25;
    expect(normOf(small)).toBe(Math.fround(1e25));
    const strange = noise(length);
    strange[999_999] = Infinity;
    expect(normOf(strange)).toBe(Infinity);
    strange[3] = NaN;
    expect(normOf(strange)).toBeNaN();
  });
});

describe('without WebAssembly SIMD', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test('transforms run as loops, and that is said once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.stubGlobal('WebAssembly', undefined);
    const engines = [await wasmEngine(), await wasmEngine({ threads: 2 })];
    expect(engines.map(({ name }) => name)).toEqual(['loops', 'loops']);
    expect(warn.mock.calls.map(([text]) => String(text).slice(0, 43))).toEqual([
      'Gradkit: WebAssembly SIMD is refused here, ',
    ]);
    const [engine = createWasmEngine()] = engines;
    const stepper = createStepper(sgd({ learningRate: 1 }), { w: Float32Array.of(3) }, { engine });
    stepper.step({ w: Float32Array.of(1) });
    expect(stepper.params()['w']).toEqual(Float32Array.of(2));
  });
});
