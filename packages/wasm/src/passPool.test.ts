import { adaptiveGradientClip, clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, createStepper, type Stepper } from '@gradkit/core';
import { adam } from '@gradkit/optimizers';
import { afterAll, describe, expect, test } from 'vitest';
import { shareOut } from './passPool.ts';
import type { Chunk } from './planFrame.ts';
import { createWasmEngine } from './createWasmEngine.ts';

const chunk = (leaf: number, entries: number, position: number): Chunk => ({
  leaf,
  start: 0,
  entries,
  address: 1_000 + 20 * position,
});
const group = (
  sizes: readonly (readonly [leaf: number, entries: number])[],
): Parameters<typeof shareOut>[0] => ({
  chunks: sizes.map(([leaf, entries], position) => chunk(leaf, entries, position)),
  begin: 1_000,
  end: 1_000 + 20 * sizes.length,
});

describe('sharing out', () => {
  test('gives each thread about as many entries', () => {
    const even = group([
      [0, 10],
      [0, 10],
      [1, 10],
      [1, 10],
    ]);
    expect(shareOut(even, { threads: 2, isOrdered: false, entries: 40 })).toEqual([
      { begin: 1_000, end: 1_040 },
      { begin: 1_040, end: 1_080 },
    ]);
  });

  test('does not split a leaf whose chunks are in order', () => {
    const uneven = group([
      [0, 10],
      [0, 10],
      [0, 10],
      [1, 10],
    ]);
    expect(shareOut(uneven, { threads: 2, isOrdered: true, entries: 40 })).toEqual([
      { begin: 1_000, end: 1_060 },
      { begin: 1_060, end: 1_080 },
    ]);
  });

  test('leaves threads without work where there are fewer chunks', () => {
    expect(shareOut(group([[0, 10]]), { threads: 3, isOrdered: false, entries: 10 })).toEqual([
      { begin: 1_000, end: 1_020 },
      { begin: 1_020, end: 1_020 },
      { begin: 1_020, end: 1_020 },
    ]);
  });
});

/** The names of the arrays that are not the same; to print how large ones differ would take minutes. */
function changed(
  actual: Readonly<Record<string, ArrayLike<number>>>,
  expected: Readonly<Record<string, ArrayLike<number>>>,
): string[] {
  return Object.entries(expected).flatMap(([name, values]) =>
    Array.from(values).every((value, index) => Object.is(value, actual[name]?.[index])) ? [] : [name],
  );
}

describe('threads', () => {
  const transform = chain(
    clipByGlobalNorm({ maxNorm: 1 }),
    adaptiveGradientClip({ clipping: 0.1 }),
    adam({ learningRate: 0.01 }),
  );
  const shape = [600, 500];
  const values = (seed: number): Float32Array =>
    Float32Array.from({ length: 300_000 }, (_, index) => Math.sin(index * seed));
  const open: Stepper[] = [];
  const stepperOn = (threads: number): Stepper => {
    const params = { a: { values: values(1), shape }, b: { values: values(2), shape }, c: values(3) };
    const stepper = createStepper(transform, params, { engine: createWasmEngine({ threads }) });
    open.push(stepper);
    return stepper;
  };
  afterAll(() => open.forEach((stepper) => stepper.dispose()));

  test.each([2, 3])('%i give the bits of one', async (threads) => {
    const [one, many] = [stepperOn(1), stepperOn(threads)];
    for (let step = 0; step < 4; step++) {
      const gradients = { a: values(step + 4), b: values(step + 5), c: values(step + 6) };
      one.step(gradients);
      many.step(gradients);
      for (const [name, array] of Object.entries(gradients)) {
        one.gradients()[name]?.set(array);
        many.gradients()[name]?.set(array);
      }
      one.step();
      many.step();
      // The first steps are taken alone, before the other threads have started.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(changed(many.params(), one.params())).toEqual([]);
    expect(many.getState()).toEqual(one.getState());
  });

  test('two give the bits of one where leaves come and go, and leave what lies in gradients() alone', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const tiny = (seed: number): Record<string, Float32Array> =>
      Object.fromEntries(names.map((name, index) => [name, Float32Array.of(seed + index, -seed)]));
    const [one, two] = [1, 2].map((threads) => {
      const stepper = createStepper(
        chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.01 })),
        tiny(1),
        {
          engine: createWasmEngine({ threads }),
        },
      );
      for (const array of Object.values(stepper.gradients())) array.fill(7);
      open.push(stepper);
      return stepper;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (let step = 0; step < 300; step++) {
      const given = Object.entries(tiny(step)).map(([name, array], index): [string, Float32Array | null] => [
        name,
        ((step * 37) >> index) % 2 === 0 ? array : null,
      ]);
      one?.step(Object.fromEntries(given));
      two?.step(Object.fromEntries(given));
    }
    expect(two?.params()).toEqual(one?.params());
    expect(two?.getState()).toEqual(one?.getState());
    for (const array of Object.values(two?.gradients() ?? {})) expect(array).toEqual(Float32Array.of(7, 7));
  });
});
