import { expect, test } from 'vitest';
import { add, mul, normOverLeaves, normOverUnit, zerosLike } from './algebra.ts';
import { chain } from './chain.ts';
import { createStepper } from './createStepper.ts';
import { defineTransform, stateless } from './defineTransform.ts';
import { clipNorm, descend, normalize } from './exampleTransforms.ts';
import { loopEngine } from './loopEngine.ts';
import { referenceEngine } from './referenceEngine.ts';
import type { Leaf } from './symbolicTensor.ts';

test('two slots that take each other’s value are exchanged, not overwritten', () => {
  const exchange = defineTransform({
    name: 'exchange',
    options: {},
    schema: {},
    yields: 'gradients',
    init: (params): { a: Leaf; b: Leaf } => ({ a: add(zerosLike(params), 1), b: add(zerosLike(params), 2) }),
    update: (updates, { a, b }) => ({ updates, state: { a: b, b: a } }),
  });
  const stepper = createStepper(
    exchange,
    { w: new Float32Array(5) },
    { engine: loopEngine({ blockSize: 2 }) },
  );
  stepper.update({ w: new Float32Array(5) });
  expect(stepper.getState()['exchange/a/w']).toEqual(Float32Array.of(2, 2, 2, 2, 2));
  expect(stepper.getState()['exchange/b/w']).toEqual(Float32Array.of(1, 1, 1, 1, 1));
});

test.each([1, 2, 3, 4, 7, 100])('units are met in their order in blocks of %i', (blockSize) => {
  const scaled = stateless('scaled', (updates) => mul(updates, normOverUnit(updates)));
  const stepper = createStepper(
    scaled,
    { w: { values: new Float32Array(6), shape: [2, 3] } },
    { engine: loopEngine({ blockSize }) },
  );
  // The columns (3, 4), (5, 12) and (8, 15) have the norms 5, 13 and 17.
  expect(stepper.update({ w: Float32Array.of(3, 5, 8, 4, 12, 15) })['w']).toEqual(
    Float32Array.of(15, 65, 136, 20, 156, 255),
  );
});

test('gradients that are given are not written to, and may be others at each step', () => {
  const stepper = createStepper(
    descend({ learningRate: 1 }),
    { w: new Float32Array(3) },
    { engine: loopEngine({ blockSize: 2 }) },
  );
  const first = Float32Array.of(1, 2, 3);
  stepper.step({ w: first });
  stepper.step({ w: Float32Array.of(10, 20, 30) });
  stepper.gradients()['w']?.set([100, 200, 300]);
  stepper.step();
  expect(first).toEqual(Float32Array.of(1, 2, 3));
  expect(stepper.params()['w']).toEqual(Float32Array.of(-111, -222, -333));
});

test('a clip and an optimizer over many blocks give the bits of the reference', () => {
  const transform = chain(clipNorm({ maxNorm: 1 }), normalize(), descend({ learningRate: 0.01 }));
  const values = Float32Array.from({ length: 5000 }, (_, index) =>
    Math.fround(((index * 37) % 101) / 50 - 1),
  );
  const steppers = [loopEngine(), referenceEngine()].map((engine) =>
    createStepper(transform, { w: values, b: values.slice(0, 7) }, { engine }),
  );
  for (let step = 0; step < 3; step++)
    for (const stepper of steppers) stepper.step({ w: values, b: values.slice(0, 7) });
  const [loops, reference] = steppers;
  expect(loops?.params()).toEqual(reference?.params());
  expect(loops?.getState()).toEqual(reference?.getState());
});

test.each([0, -1, 1.5, NaN, Infinity, '512', null])('a block of %s entries is refused', (blockSize) => {
  expect(() => Reflect.apply(loopEngine, undefined, [{ blockSize }])).toThrow(
    /^loopEngine: blockSize must be a whole number above 0, but is /,
  );
});

test('an option that the engine does not know is refused by its name', () => {
  expect(() => Reflect.apply(loopEngine, undefined, [{ blocksize: 512 }])).toThrow(
    'loopEngine has no option "blocksize". Did you mean "blockSize"?',
  );
});

test('a value that is read again after others were computed is still the value that was loaded', () => {
  // 2g + 3g + 4g, then times g: each sum needs a register while g waits for its last reader.
  const transform = stateless('readAgain', (updates) =>
    mul(add(add(mul(updates, 2), mul(updates, 3)), mul(updates, 4)), updates),
  );
  const stepper = createStepper(
    transform,
    { w: new Float32Array(3) },
    { engine: loopEngine({ blockSize: 2 }) },
  );
  expect(stepper.update({ w: Float32Array.of(1, 2, 3) })['w']).toEqual(Float32Array.of(9, 36, 81));
});

test('a value that a reduction takes is kept until all is computed, whatever is computed from it', () => {
  const transform = stateless('fed', (updates) => {
    const twice = mul(updates, 2);
    // (6, 8) has the norm 10, and (0, 2) the norm 2.
    return mul(updates, mul(normOverLeaves(twice), normOverLeaves(add(twice, -6))));
  });
  const stepper = createStepper(transform, { w: new Float32Array(2) }, { engine: loopEngine() });
  expect(stepper.update({ w: Float32Array.of(3, 4) })['w']).toEqual(Float32Array.of(60, 80));
});

test('a value that an operation takes twice leaves one register, not two', () => {
  const transform = stateless('takenTwice', (updates) => {
    const more = add(updates, 1);
    return add(add(add(more, more), mul(updates, 2)), updates);
  });
  const stepper = createStepper(transform, { w: new Float32Array(2) }, { engine: loopEngine() });
  expect(stepper.update({ w: Float32Array.of(1, 2) })['w']).toEqual(Float32Array.of(7, 12));
});
