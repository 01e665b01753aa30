import { expect, test } from 'vitest';
import { add, mul, norm, scalar, vector, zerosLike } from './algebra.ts';
import { createStepper } from './createStepper.ts';
import { defineTransform } from './defineTransform.ts';
import { initializeState } from './initializeState.ts';
import { createTransformRun } from './transformRun.ts';

const of = (...values: number[]): Float32Array => Float32Array.from(values);

const keeper = defineTransform({
  name: 'keeper',
  options: {},
  schema: {},
  yields: 'gradients',
  init: (params) => ({
    zeros: zerosLike(params),
    minusTwos: add(zerosLike(params), -2),
    doubles: mul(params, 2),
    norm: norm(params),
    count: scalar(7),
    history: vector(3, -0),
    empty: scalar(0),
  }),
  update: (updates, state) => ({ updates, state }),
});

test('a state begins with what init says, computed from the parameters where they matter', () => {
  const state = createStepper(keeper, { w: of(3, 0), b: of(4) }).getState();
  expect(state).toEqual({
    step: Int32Array.of(0),
    'keeper/zeros/w': of(0, 0),
    'keeper/zeros/b': of(0),
    'keeper/minusTwos/w': of(-2, -2),
    'keeper/minusTwos/b': of(-2),
    'keeper/doubles/w': of(6, 0),
    'keeper/doubles/b': of(8),
    'keeper/norm/w': of(3),
    'keeper/norm/b': of(4),
    'keeper/count': of(7),
    'keeper/history': of(-0, -0, -0),
    'keeper/empty': of(0),
  });
});

test('memory that is to begin with zeros is not touched, because it is zero already', () => {
  const { initial } = createTransformRun(keeper, [{ name: 'w', shape: [1] }]);
  const memory = {
    parameters: [of(1)],
    gradients: [],
    updates: [],
    slots: new Map(
      initial.slotSpecs.map(({ name, length }) => [
        name,
        new Map([
          [0, of(9)],
          [-1, new Float32Array(length).fill(9)],
        ]),
      ]),
    ),
  };
  initializeState(initial, memory);
  expect(memory.slots.get('keeper/zeros')?.get(0)).toEqual(of(9));
  expect(memory.slots.get('keeper/empty')?.get(-1)).toEqual(of(9));
  expect(memory.slots.get('keeper/doubles')?.get(0)).toEqual(of(2));
});

test('a state larger than a block is computed whole', () => {
  const w = Float32Array.from({ length: 200_000 }, (_, index) => index);
  const doubles = createStepper(keeper, { w }).getState()['keeper/doubles/w'];
  expect([doubles?.[0], doubles?.[65_536], doubles?.[199_999]]).toEqual([0, 131_072, 399_998]);
});
