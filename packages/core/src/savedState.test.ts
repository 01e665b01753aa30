import { describe, expect, test } from 'vitest';
import { chain } from './chain.ts';
import { createStepper, type Stepper } from './createStepper.ts';
import { InvalidOptionError, TreeMismatchError } from './errors.ts';
import { clipNorm, descend, heavyBall } from './exampleTransforms.ts';
import type { NamedState } from './namedState.ts';
import { loadState, saveState, stateFromJSON, stateToJSON } from './savedState.ts';
import type { Schedule } from './schedule.ts';

const of = (...values: number[]): Float32Array => Float32Array.from(values);
const transform = chain(heavyBall(), descend({ learningRate: 0.5 }));

/** Every kind of number, with a NaN of a payload. */
const strange = new Float32Array(
  Uint32Array.of(0x7fc0_1234, 0xffc0_0001, 0x8000_0000, 0, 1, 0x7f80_0000, 0xff80_0000, 0x3f80_0000).buffer,
);
const bitsOf = (array: Float32Array | undefined): number[] =>
  array === undefined ? [] : Array.from(new Uint32Array(array.slice().buffer));
const names = [
  'plain',
  'with/slash and space',
  '__proto__',
  '',
  'größe 🙂',
  '\ud800',
  '"quoted"\n',
  'step',
  '__metadata__',
];

function strangeState(): NamedState {
  const entries = names.map((name): [string, Float32Array] => [`adam/first/${name}`, strange.slice()]);
  return { step: Int32Array.of(2 ** 31 - 1), ...Object.fromEntries([...entries, ['adam/none/x', of()]]) };
}

/** Gradkit's schedules carry such a `toJSON`. */
function halving(): Schedule {
  return Object.assign((step: number) => 0.5 ** step, {
    toJSON: () => ({ schedule: 'halving', options: {} }),
  });
}

const writings: readonly [string, (state: NamedState) => NamedState][] = [
  ['bytes', (state) => loadState(saveState(state), { schedules: { halving } })],
  [
    'JSON',
    (state) => stateFromJSON(JSON.parse(JSON.stringify(stateToJSON(state))), { schedules: { halving } }),
  ],
];

describe.each(writings)('a state written to %s and read again', (_, written) => {
  test('has every bit of every array, and any name', () => {
    const state = strangeState();
    const read = written(state);
    expect(Object.keys(read)).toEqual(Object.keys(state));
    expect(read.step).toEqual(state.step);
    for (const name of names) expect(bitsOf(read[`adam/first/${name}`])).toEqual(bitsOf(strange));
    expect(read['adam/none/x']).toEqual(of());
  });

  test('is what a stepper goes on from, with what was assigned to its hyperparameters', () => {
    const stepperOf = (): Stepper =>
      createStepper(chain(clipNorm({ maxNorm: 9 }), heavyBall(), descend({ learningRate: 0.1 })), {
        x: of(1, 2),
      });
    const [first, second] = [stepperOf(), stepperOf()];
    first.hyperparameters['descend.learningRate'] = halving();
    first.hyperparameters['clipNorm.maxNorm'] = 0.3;
    first.step({ x: of(1, 2) });
    second.setState(written(first.getState()));
    second.setParams(first.params());
    for (const stepper of [first, second]) stepper.step({ x: of(3, 4) });
    expect(second.params()).toEqual(first.params());
    expect(second.hyperparameters['clipNorm.maxNorm']).toBe(0.3);
    const { hyperparameters } = second.getState();
    expect(Object.keys(hyperparameters ?? {})).toEqual(['clipNorm.maxNorm', 'descend.learningRate']);
  });
});

test('a bare function that was assigned is refused by name', () => {
  const stepper = createStepper(transform, { x: of(1) });
  stepper.hyperparameters['descend.learningRate'] = (step) => 0.1 / (step + 1);
  for (const write of [saveState, stateToJSON]) {
    expect(() => write(stepper.getState())).toThrow(InvalidOptionError);
    expect(() => write(stepper.getState())).toThrow('descend: learningRate is');
  }
});

test('a schedule that the registry does not know is refused by name', () => {
  const stepper = createStepper(transform, { x: of(1) });
  stepper.hyperparameters['descend.learningRate'] = halving();
  expect(() => loadState(saveState(stepper.getState()))).toThrow('The registry has no schedule "halving"');
});

describe('bytes', () => {
  const state = (): NamedState => ({ step: Int32Array.of(3), 'a/b/c': of(1, 2) });

  test('are a file of the safetensors format', () => {
    const bytes = saveState(state());
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header: unknown = JSON.parse(String.fromCharCode(...bytes.subarray(8, 8 + length)));
    expect(header).toEqual({
      __metadata__: { format: 'gradkit-state', version: '1', hyperparameters: '{}' },
      step: { dtype: 'I32', shape: [1], data_offsets: [0, 4] },
      'a/b/c': { dtype: 'F32', shape: [2], data_offsets: [4, 12] },
    });
    expect(length % 8).toBe(0);
    expect(bytes.length).toBe(8 + length + 12);
    expect(new Float32Array(bytes.buffer, 8 + length + 4)).toEqual(of(1, 2));
  });

  test('may lie anywhere in a larger buffer', () => {
    const bytes = saveState(state());
    const pool = new Uint8Array(bytes.length + 3);
    pool.set(bytes, 3);
    expect(loadState(pool.subarray(3))).toEqual(state());
  });

  test('that are cut off anywhere are refused, or too long', () => {
    const bytes = saveState(state());
    for (let length = 0; length < bytes.length; length++) {
      expect(() => loadState(bytes.slice(0, length)), `${length} bytes`).toThrow(TreeMismatchError);
    }
    expect(() => loadState(bytes.slice(0, -1))).toThrow('This saved state is cut off');
    expect(() => loadState(Uint8Array.of(...bytes, 0))).toThrow('has 1 bytes too many');
  });

  test.each<[string, Uint8Array, string]>([
    ['of zeros', new Uint8Array(100), 'does not begin like one'],
    [
      'of text',
      Uint8Array.from('a,b,y\n0,0,0\n1,1,2\n', (character) => character.charCodeAt(0)),
      'does not begin like one',
    ],
    ['of a header that is no JSON', withHeader('{"a'), 'has a header that cannot be read'],
    [
      'of another safetensors file',
      withHeader('{"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
      'does not say that it is one',
    ],
    [
      'of a later version',
      withHeader('{"__metadata__":{"format":"gradkit-state","version":"2"}}'),
      'is of version "2"',
    ],
    ['without a step', withHeader(`{"__metadata__":${metadata}}`), 'The state has no "step"'],
    [
      'of another type',
      withHeader(`{"__metadata__":${metadata},"a/b":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}`),
      '"a/b" that cannot be read',
    ],
    [
      'of another length',
      withHeader(`{"__metadata__":${metadata},"a/b":{"dtype":"F32","shape":[2],"data_offsets":[0,0]}}`),
      '"a/b" that cannot be read',
    ],
    [
      'of a part of a number',
      withHeader(`{"__metadata__":${metadata},"a/b":{"dtype":"F32","shape":[0.25],"data_offsets":[0,1]}} `),
      '"a/b" that cannot be read',
    ],
  ])('%s are refused', (_, bytes, message) => {
    expect(() => loadState(bytes)).toThrow(TreeMismatchError);
    expect(() => loadState(bytes)).toThrow(message);
  });

  test('that are something else are refused', () => {
    // @ts-expect-error text
    expect(() => loadState('text')).toThrow('This saved state is "text". Pass the bytes that saveState gave');
    // @ts-expect-error parameters are no state
    expect(() => saveState({ w: of(1) })).toThrow('The state has no "step"');
    // @ts-expect-error no slot
    expect(() => saveState({ step: Int32Array.of(1), w: of(1) })).toThrow('"w" is no array of a state');
    // @ts-expect-error whole numbers
    expect(() => saveState({ step: Int32Array.of(1), 'a/b': Int32Array.of(1) })).toThrow(
      '"a/b" is no array of a state',
    );
  });
});

const metadata = '{"format":"gradkit-state","version":"1","hyperparameters":"{}"}';

function withHeader(header: string): Uint8Array {
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(
    Array.from(header, (character) => character.charCodeAt(0)),
    8,
  );
  return bytes;
}

describe('JSON', () => {
  test('shows the step, what was assigned, and the arrays in base64', () => {
    const stepper = createStepper(transform, { x: of(1) });
    stepper.hyperparameters['descend.learningRate'] = 0.25;
    stepper.step({ x: of(2) });
    expect(stateToJSON(stepper.getState())).toEqual({
      format: 'gradkit-state',
      version: '1',
      step: 1,
      hyperparameters: { 'descend.learningRate': 0.25 },
      // The bytes 0 0 0 64 of 2, and 0 0 128 63 of 1.
      arrays: { 'heavyBall/velocity/x': 'AAAAQA==', 'heavyBall/count': 'AACAPw==' },
    });
  });

  test('of a state without stateToJSON is refused with what to use', () => {
    const stepper = createStepper(transform, { x: of(1) });
    const plain: NamedState = JSON.parse(JSON.stringify(stepper.getState()));
    expect(() => stepper.setState(plain)).toThrow('write it with saveState or stateToJSON');
  });

  test.each<[string, unknown, string]>([
    ['null', null, 'does not say that it is one'],
    ['a later version', { format: 'gradkit-state', version: '2' }, 'is of version "2"'],
    ['no arrays', { format: 'gradkit-state', version: '1', step: 1 }, 'has no step or no arrays'],
    ['no base64', whole({ arrays: { 'a/b': 'AA!A' } }), '"a/b" that is no'],
    ['half a number', whole({ arrays: { 'a/b': 'AAA=' } }), '"a/b" that is no float32 numbers'],
    ['half a step', whole({ step: 0.5 }), 'has taken 0.5 steps'],
    ['an array without a slash', whole({ arrays: { w: '' } }), 'has "w", which is no array of a state'],
    [
      'a transform for a number',
      whole({ hyperparameters: { 'a.b': null } }),
      'has null for the hyperparameter a.b',
    ],
  ])('of %s is refused', (_, json, message) => {
    expect(() => stateFromJSON(json)).toThrow(TreeMismatchError);
    expect(() => stateFromJSON(json)).toThrow(message);
  });
});

function whole(change: object): object {
  return { format: 'gradkit-state', version: '1', step: 1, hyperparameters: {}, arrays: {}, ...change };
}

describe('what was assigned to hyperparameters', () => {
  test('is carried to a new stepper, and taken back by a state that was taken before', () => {
    const [first, second] = [createStepper(transform, { x: of(1) }), createStepper(transform, { x: of(1) })];
    const before = first.getState();
    first.hyperparameters['descend.learningRate'] = 0.01;
    second.setState(first.getState());
    expect(second.hyperparameters['descend.learningRate']).toBe(0.01);
    second.setState(before);
    expect(second.hyperparameters['descend.learningRate']).toBe(0.5);
    expect(before.hyperparameters).toBeUndefined();
  });

  test('is put back whole or not at all, with the arrays', () => {
    const stepper = createStepper(transform, { x: of(1) });
    stepper.hyperparameters['descend.learningRate'] = 0.2;
    const state = { ...stepper.getState(), step: Int32Array.of(9) };
    for (const hyperparameters of [{ 'descend.rate': 1 }, { 'descend.learningRate': -1 }]) {
      expect(() => stepper.setState({ ...state, hyperparameters })).toThrow(InvalidOptionError);
      expect(stepper.hyperparameters['descend.learningRate']).toBe(0.2);
      expect(stepper.getState().step).toEqual(Int32Array.of(0));
    }
    // @ts-expect-error a number
    expect(() => stepper.setState({ ...state, hyperparameters: 3 })).toThrow(
      "The state's hyperparameters must be values by path",
    );
  });
});
