import {
  createStepper,
  exp,
  log,
  pow,
  referenceEngine,
  stateless,
  tanh,
  type AnyTransform,
} from '@gradkit/core';
import { expect, test } from 'vitest';
import { createWasmEngine } from './createWasmEngine.ts';

/** Every 100,003rd float32 there is, and the corners. */
function everyKindOfNumber(): Float32Array {
  const bits = new Uint32Array(42_950);
  for (let index = 0; index < bits.length; index++) bits[index] = index * 100_003;
  const corners = [0, -0, 1, -1, NaN, Infinity, -Infinity, 88.7, -103.9, 0.35, -0.35, 22, 1e-45, 3.4e38];
  return Float32Array.of(...corners, ...new Float32Array(bits.buffer));
}

const moderate = Float32Array.from({ length: 4_001 }, (_, index) => (index - 2_000) / 64);

function run(
  transform: AnyTransform,
  engine: ReturnType<typeof referenceEngine>,
  x: Float32Array,
): Float32Array {
  const stepper = createStepper(transform, { x: x.slice() }, { engine });
  return stepper.update({ x })['x'] ?? new Float32Array(0);
}

test.each([
  ['exp', stateless('exp', (x) => exp(x))],
  ['log', stateless('log', (x) => log(x))],
  ['tanh', stateless('tanh', (x) => tanh(x))],
  ['a cube root', stateless('root', (x) => pow(x, 1 / 3))],
  ['a power of 3', stateless('cube', (x) => pow(x, 3))],
  ['2 to a power', stateless('two', (x) => pow(2, x))],
  ['a power of itself', stateless('self', (x) => pow(x, x))],
])('%s has the bits of the reference, over the whole range of float32', (_, transform) => {
  for (const x of [everyKindOfNumber(), moderate]) {
    const expected = run(transform, referenceEngine(), x);
    const actual = run(transform, createWasmEngine(), x);
    const wrong = Array.from(x.keys()).filter((index) => !Object.is(actual[index], expected[index]));
    expect(wrong.slice(0, 5).map((index) => [x[index], actual[index], expected[index]])).toEqual([]);
  }
});
