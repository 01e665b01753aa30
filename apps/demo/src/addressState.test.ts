import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readAddress, writeAddress } from './addressState.ts';
import { cliffWindow } from './cliff.ts';
import { clips, optimizerNames, type ClipName } from './chainDescription.ts';
import { defaultState, paces, textPages, type DemoState } from './demoState.ts';

const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const clipNames: readonly ClipName[] = ['clipByGlobalNorm', 'clipByNorm', 'clipByValue'];
const thousandths = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: 1000 * min, max: 1000 * max }).map((value) => value / 1000);
const point = fc.record({ x: thousandths(-4, 4), y: thousandths(-4, 4) });
const start = fc.record({
  x: thousandths(cliffWindow.left, cliffWindow.right),
  y: thousandths(cliffWindow.bottom, cliffWindow.top),
});

const states: fc.Arbitrary<DemoState> = fc.record({
  task: fc.constantFrom('recurrent' as const, 'simple' as const),
  seed: fc.nat({ max: 999_999_999 }),
  chain: fc.record({
    clips: fc.uniqueArray(fc.record({ name: fc.constantFrom(...clipNames), threshold: positive }), {
      selector: ({ name }) => name,
    }),
    optimizer: fc.constantFrom(...optimizerNames),
    learningRate: positive,
  }),
  imported: fc.constantFrom(undefined, {
    transform: 'chain',
    options: { transforms: [{ transform: 'lion', options: { learningRate: 0.1 } }] },
  }),
  pace: fc.constantFrom(...paces),
  backend: fc.constantFrom('auto' as const, 'webgpu' as const, 'wasm' as const, 'cpu' as const),
  text: fc.constantFrom(...textPages),
  arrow: fc.constantFrom('own' as const),
  own: point,
  entries: fc.constantFrom(undefined, [3, 1] as const),
  cliffStart: start,
});

test('an address brings back every state', () => {
  fc.assert(
    fc.property(states, (state) => {
      expect(readAddress(`#${writeAddress(state)}`)).toEqual({ state, problems: [] });
    }),
  );
});

test('the usual state has an empty address', () => {
  expect(writeAddress(defaultState)).toBe('');
  expect(readAddress('')).toEqual({ state: defaultState, problems: [] });
});

test('what cannot be meant is said, and the rest is read', () => {
  const { state, problems } = readAddress(
    '#seed=7&rate=-1&clip=clipByNrom:1&backend=abacus&colour=red&json={}',
  );
  expect(state).toEqual({ ...defaultState, seed: 7 });
  expect(problems.toSorted()).toEqual([
    'backend=abacus',
    'clip=clipByNrom:1',
    'colour',
    'json={}',
    'rate=-1',
  ]);
});

test.each([
  'clip=clipByGlobalNorm:1e-46',
  'clip=clipByValue:1e39',
  'rate=1e-300',
  'rate=1e39',
  // The recurrent net has 181 entries.
  'entries=181,0',
  'entries=3,3',
  'entries=1',
  'arrow=1e7,0',
  'arrow=,',
  'cliff=1.9,0',
  'cliff=1e9,-1e9',
  'cliff=3,NaN',
])('%s is beyond what float32, the net or a figure holds, and is said', (part) => {
  expect(readAddress(`#${part}`)).toEqual({ state: defaultState, problems: [part] });
});

test('the last entry of each net can be shown', () => {
  expect(readAddress('#entries=180,0').state.entries).toEqual([180, 0]);
  expect(readAddress('#task=simple&entries=66,0').state.entries).toEqual([66, 0]);
  expect(readAddress('#task=simple&entries=67,0').problems).toEqual(['entries=67,0']);
});

test('a chain that yields gradients would climb the loss and is not taken', () => {
  const json = JSON.stringify({ transform: 'clipByGlobalNorm', options: { maxNorm: 1 } });
  expect(readAddress(`#json=${encodeURIComponent(json)}`).problems).toHaveLength(1);
});

test('every clip has an option for its threshold', () => {
  expect(clipNames.map((name) => clips[name].option)).toEqual(['maxNorm', 'maxNorm', 'limit']);
});
