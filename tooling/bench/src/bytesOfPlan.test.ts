import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, freeze, planProgram, toProgram, type AnyTransform } from '@gradkit/core';
import { adam, sgd } from '@gradkit/optimizers';
import { expect, test } from 'vitest';
import { bytesOfPlan, totalBytes } from './bytesOfPlan.ts';
import { transforms, type TransformName } from './transforms.ts';
import { usualSettings } from './updateTask.ts';

const leaves = [
  { name: 'w', shape: [10, 10] },
  { name: 'v', shape: [100] },
  { name: 'b', shape: [50] },
];
// One array over all leaves: 250 float32.
const array = 1000;

const bytes = (transform: AnyTransform) => bytesOfPlan(planProgram(toProgram(transform, leaves)));

test('sgd reads gradient and parameter and writes the parameter', () => {
  expect(bytes(sgd({ learningRate: 0.1 }))).toEqual([{ read: 2 * array, written: array }]);
});

test('a pass of Adam moves seven arrays', () => {
  expect(bytes(adam({ learningRate: 0.1 }))).toEqual([{ read: 4 * array, written: 3 * array }]);
});

test('a clip by global norm before Adam reads the gradient once more', () => {
  expect(bytes(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.1 })))).toEqual([
    { read: array, written: 0 },
    { read: 4 * array, written: 3 * array },
  ]);
});

test('leaves that are frozen move nothing', () => {
  const frozen = chain(freeze({ name: 'b' }), sgd({ learningRate: 0.1 }));
  expect(bytes(frozen)).toEqual([{ read: 2 * 800, written: 800 }]);
});

test.each<[TransformName, number]>([
  ['clip + Adam', 8],
  ['clip + AdamW + value clip', 8],
  ['per-leaf clip + momentum', 6],
  ['AGC + Lion', 7],
])('%s moves %i arrays', (name, arrays) => {
  expect(totalBytes(bytes(transforms[name](usualSettings)))).toBe(arrays * array);
});
