import { expect, test } from 'vitest';
import { runUpdates } from './runSteps.ts';
import { scaleByMomentum } from './scaleByMomentum.ts';

test('gradients of 1 at momentum 0.5 give the velocities 1, 1.5, 1.75', () => {
  expect(runUpdates(scaleByMomentum({ momentum: 0.5 }), [[1], [1], [1]])).toEqual([[1], [1.5], [1.75]]);
});

test('with Nesterov the result looks one step ahead: g + momentum * v', () => {
  expect(runUpdates(scaleByMomentum({ momentum: 0.5, nesterov: true }), [[1], [1], [1]])).toEqual([
    [1.5],
    [1.75],
    [1.875],
  ]);
});

test('dampening counts from the second step on, as in PyTorch', () => {
  expect(runUpdates(scaleByMomentum({ momentum: 0.5, dampening: 0.5 }), [[1], [1], [1]])).toEqual([
    [1],
    [1],
    [1],
  ]);
});

test('a momentum of 0 passes gradients, the bits of the first one even of -0', () => {
  expect(
    runUpdates(scaleByMomentum({ momentum: 0 }), [
      [-0, 3],
      [2, 4],
    ]),
  ).toEqual([
    [-0, 3],
    [2, 4],
  ]);
});
