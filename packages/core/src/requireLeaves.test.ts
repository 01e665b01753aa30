import { describe, expect, test } from 'vitest';
import { accumulate } from './accumulate.ts';
import { alias, chain, identity } from './chain.ts';
import { createStepper } from './createStepper.ts';
import { InvalidOptionError } from './errors.ts';
import { clipNorm, descend } from './exampleTransforms.ts';
import { freeze } from './freeze.ts';
import type { AnyTransform } from './gradientTransform.ts';
import { masked } from './masked.ts';
import { partition } from './partition.ts';
import { requireLeaves } from './requireLeaves.ts';
import { transformFromJSON } from './transformFromJSON.ts';

const down = descend({ learningRate: 1 });
const clip = clipNorm({ maxNorm: 1 });
const leaves = [
  { name: 'encoder/kernel', shape: [3, 2] },
  { name: 'encoder/bias', shape: [2] },
  { name: 'head/bias', shape: [1] },
];
const flat = ['kernel', 'bias'].map((name) => ({ name, shape: [6] }));
const judge =
  (transform: AnyTransform, some = leaves) =>
  () =>
    requireLeaves(transform, some);

describe('leaves that are meant and not there', () => {
  test.each<[string, AnyTransform, string]>([
    [
      'a misspelt name, with the nearest ones',
      masked(clip, { name: 'encodr*' }),
      'masked: no leaf matches {"name":"encodr*"}. The nearest are "encoder/kernel" [3,2], "encoder/bias" [2].',
    ],
    [
      'a misspelt part of one',
      freeze({ name: '*kernal' }),
      'freeze: no leaf matches {"name":"*kernal"}. The nearest are "encoder/kernel" [3,2].',
    ],
    [
      'a name like none',
      freeze({ name: ['vgg*', 'q'] }),
      'The leaves are "encoder/kernel" [3,2], "encoder/bias" [2], "head/bias" [1].',
    ],
    [
      'a function',
      freeze(function isWide() {
        return false;
      }),
      'freeze: the function isWide is true of no leaf. The leaves are',
    ],
    ['a negation', masked(clip, { not: { minRank: 1 } }), 'masked: no leaf matches {"not":{"minRank":1}}'],
    [
      'a rule',
      partition({ a: down, b: down }, [{ label: 'a', leaves: { name: 'kernal' } }, { label: 'b' }]),
      'partition: no leaf matches {"name":"kernal"}',
    ],
    [
      'a rule after one that takes its leaves',
      partition({ a: down, b: down, c: down }, [
        { label: 'a', leaves: { maxRank: 1 } },
        { label: 'b', leaves: { name: '*bias' } },
        { label: 'c' },
      ]),
      'partition: the rule of "b" takes no leaf, because the rules before it take all that match it. They are "encoder/bias" [2], "head/bias" [1].',
    ],
    [
      'a label of a function',
      partition({ a: down, b: down }, () => 'a'),
      'partition: no leaf has the label "b"',
    ],
    [
      'a transform without a rule',
      partition({ a: down, b: down }, [{ label: 'a' }]),
      'partition: no leaf has the label "b"',
    ],
    [
      'inside a part, which sees its own leaves',
      partition({ a: chain(masked(clip, { minRank: 2 }), down), b: down }, ({ name }) =>
        name.endsWith('bias') ? 'a' : 'b',
      ),
      'masked: no leaf matches {"minRank":2}. No leaf has a rank of 2 or more; the highest is 1. The leaves are "encoder/bias" [2], "head/bias" [1].',
    ],
    [
      'inside masked, accumulate and an alias',
      accumulate(alias('mine', {}, masked(masked(clip, { rank: 2 }), { rank: 1 })), { every: 2 }),
      '{"rank":2}',
    ],
  ])('are an error: %s', (_, transform, message) => {
    expect(judge(transform)).toThrow(InvalidOptionError);
    expect(judge(transform)).toThrow(message);
    expect(judge(transform)).toThrow(
      'If that is meant, say so with { allowEmpty: true } as the last argument.',
    );
    expect(judge(transform, [])).not.toThrow();
  });

  test('a rank that flat arrays cannot have is an error that says how to give shapes', () => {
    const params = Object.fromEntries(flat.map(({ name }) => [name, new Float32Array(6)]));
    const transform = chain(masked(clip, { minRank: 2 }), down);
    expect(() => createStepper(transform, params)).toThrow(
      'give a stepper the shape too, { values, shape: [inputs, outputs] }',
    );
    expect(() =>
      createStepper(transform, { ...params, kernel: { values: new Float32Array(6), shape: [3, 2] } }),
    ).not.toThrow();
  });

  test('are right where that is said, in JSON too', () => {
    const transform = chain(
      masked(identity(), { name: 'none' }, { allowEmpty: true }),
      freeze({ name: 'none' }, { allowEmpty: true }),
      partition({ a: down, b: down }, [{ label: 'a', leaves: { name: 'none' } }, { label: 'b' }], {
        allowEmpty: true,
      }),
    );
    expect(judge(transform)).not.toThrow();
    const again = transformFromJSON(JSON.parse(JSON.stringify(transform)), { transforms: { descend } });
    expect(judge(again)).not.toThrow();
    expect(again.toJSON()).toEqual(transform.toJSON());
    expect(JSON.stringify(freeze({ name: 'none' }))).not.toContain('allowEmpty');
  });

  test('a leaf without a gradient is there', () => {
    const stepper = createStepper(chain(freeze({ name: 'a' }), down), {
      a: Float32Array.of(1),
      b: Float32Array.of(1),
    });
    stepper.step({ a: null, b: Float32Array.of(1) });
    expect(stepper.params()['b']).toEqual(Float32Array.of(0));
  });

  test('other options than allowEmpty are refused', () => {
    // @ts-expect-error misspelt
    expect(() => freeze({ name: 'a' }, { allowEmty: true })).toThrow('Did you mean "allowEmpty"?');
    // @ts-expect-error no flag
    expect(() => masked(clip, { name: 'a' }, { allowEmpty: 1 })).toThrow(
      'masked: allowEmpty is 1; it must be true or false. Write { allowEmpty: true } as the last argument',
    );
    expect(() =>
      transformFromJSON({ transform: 'freeze', options: { leaves: {}, allowEmpty: 'yes' } }),
    ).toThrow('allowEmpty is "yes"');
  });
});

describe('labels of a partition', () => {
  test.each(['0', 'a b', '__proto__', '', 'a/b'])('may be %j', (label) => {
    const transform = partition(
      Object.fromEntries([
        ['x', down],
        [label, descend({ learningRate: 2 })],
      ]),
      ({ name }) => (name === 'a' ? 'x' : label),
    );
    const stepper = createStepper(transform, { a: Float32Array.of(0), b: Float32Array.of(0) });
    stepper.step({ a: Float32Array.of(1), b: Float32Array.of(1) });
    expect(stepper.params()).toEqual({ a: Float32Array.of(-1), b: Float32Array.of(-2) });
  });
});

describe('JSON that is none', () => {
  test.each<[string, unknown, string]>([
    ['a BigInt', { transform: 5n }, '{"transform":"5n"}'],
    ['a BigInt for a list', { transform: 'chain', options: { transforms: 5n } }, 'but is "5n"'],
    ['a BigInt for parts', { transform: 'namedChain', options: { transforms: 5n } }, 'but is "5n"'],
    ['a BigInt for leaves', { transform: 'freeze', options: { leaves: 5n } }, 'but is "5n"'],
    [
      'a BigInt for labels',
      { transform: 'partition', options: { transforms: {}, labels: 5n } },
      'but is "5n"',
    ],
    [
      'a BigInt for a rule',
      { transform: 'partition', options: { transforms: {}, labels: [{ label: 5n }] } },
      '"5n"',
    ],
    [
      'a BigInt for a range',
      { transform: 'conditionally', options: { inner: { transform: 'identity', options: {} }, when: 5n } },
      'but is "5n"',
    ],
    ['a function', () => 1, 'but this is the function'],
    ['a symbol', Symbol('x'), 'but this is Symbol(x)'],
  ])('is refused as such: %s', (_, json, message) => {
    expect(() => transformFromJSON(json)).toThrow(InvalidOptionError);
    expect(() => transformFromJSON(json)).toThrow(message);
  });
});
