import { clipByGlobalNorm } from '@gradkit/clip-norm';
import {
  chain,
  neg,
  planProgram,
  stateless,
  tanh,
  toProgram,
  type AnyTransform,
  type Plan,
} from '@gradkit/core';
import { adam } from '@gradkit/optimizers';
import { expect, test } from 'vitest';
import { compilePlan } from './compilePlan.ts';

const planOf = (epsilon: number, leaves: number): Plan =>
  planProgram(
    toProgram(
      chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.1, epsilon })),
      Array.from({ length: leaves }, (_, index) => ({ name: `leaf ${index}`, shape: [index + 1, 3] })),
    ),
  );

test('one module serves every set of leaves', () => {
  const two = compilePlan(planOf(1e-8, 2), { isShared: false });
  expect(compilePlan(planOf(1e-8, 2_000), { isShared: false })).toBe(two);
  expect(compilePlan(planOf(1e-8, 2), { isShared: true })).not.toBe(two);
});

test('clip and Adam are two sweeps over memory', () => {
  const { passes, module } = compilePlan(planOf(1e-8, 4), { isShared: false });
  expect(passes.map(({ sweeps }) => sweeps.length)).toEqual([1, 1]);
  expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual([
    'sweep 0 0',
    'numbers 1 9',
    'numbers 1 10',
    'sweep 1 0',
  ]);
});

test('exp, log, tanh and pow are written into the modules that take one of them or a norm of an odd order', () => {
  const bytesOf = (transform: AnyTransform): number =>
    compilePlan(planProgram(toProgram(transform, [{ name: 'x', shape: [4] }])), { isShared: false }).bytes
      .length;
  const plain = bytesOf(stateless('plain', (updates) => neg(updates)));
  expect(bytesOf(stateless('curved', (updates) => tanh(updates)))).toBeGreaterThan(plain + 1_000);
  const [two, odd] = [2, 2.7].map((normType) => bytesOf(clipByGlobalNorm({ maxNorm: 1, normType })));
  expect(odd).toBeGreaterThan((two ?? NaN) + 300);
});
