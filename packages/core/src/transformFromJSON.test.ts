import { describe, expect, test } from 'vitest';
import { accumulate } from './accumulate.ts';
import { alias, chain, identity, namedChain } from './chain.ts';
import { conditionally } from './conditionally.ts';
import { createStepper } from './createStepper.ts';
import { stateless } from './defineTransform.ts';
import { InvalidOptionError } from './errors.ts';
import { clipNorm, descend, heavyBall, normalize } from './exampleTransforms.ts';
import { freeze } from './freeze.ts';
import type { AnyTransform } from './gradientTransform.ts';
import { numberFromJSON, numberToJSON } from './jsonValue.ts';
import { namedPredicate } from './leafPredicate.ts';
import { lookahead } from './lookahead.ts';
import { masked } from './masked.ts';
import { partition } from './partition.ts';
import type { Schedule } from './schedule.ts';
import { skipNonFinite } from './skipNonFinite.ts';
import { transformFromJSON } from './transformFromJSON.ts';
import { zeroNans } from './zeroNans.ts';

function halving(options: { readonly start: number }): Schedule {
  return Object.assign((step: number) => options.start * 0.5 ** step, {
    toJSON: () => ({ schedule: 'halving', options: { start: options.start } }),
  });
}

const isMatrix = namedPredicate('isMatrix', ({ shape }) => shape.length === 2);
const registry = {
  transforms: { clipNorm, descend, heavyBall, normalize },
  schedules: { halving },
  predicates: { isMatrix },
};
const step = descend({ learningRate: 0.5 });

const transforms: readonly [string, AnyTransform][] = [
  ['identity', identity()],
  ['zeroNans', zeroNans()],
  ['an infinite option', clipNorm({ maxNorm: Infinity, order: Infinity })],
  ['a schedule', descend({ learningRate: halving({ start: 0.5 }) })],
  ['chain', chain(clipNorm({ maxNorm: 1 }), heavyBall({ momentum: 0.5 }), step)],
  ['an empty chain', chain()],
  ['namedChain', namedChain({ clip: clipNorm({ maxNorm: 1 }), end: step })],
  ['masked by a pattern', masked(heavyBall(), { name: ['w*', 'x'], minRank: 1, not: { name: 'wrong' } })],
  ['masked by a named predicate', masked(heavyBall(), isMatrix)],
  ['freeze', chain(freeze({ name: 'b' }), step)],
  [
    'partition',
    partition({ a: step, b: chain(normalize(), step) }, [
      { label: 'a', leaves: { maxRank: 1 } },
      { label: 'b' },
    ]),
  ],
  ['skipNonFinite', skipNonFinite(step)],
  ['skipNonFinite with a limit', skipNonFinite(step, { maxConsecutive: 3 })],
  ['accumulate', accumulate(chain(clipNorm({ maxNorm: 1 }), step), { every: 2 })],
  ['conditionally', conditionally(step, { from: 1, until: 10, every: 2 })],
  ['lookahead', lookahead(step, { every: 2, slowStepSize: halving({ start: 1 }) })],
  ['lookahead by default', lookahead(step)],
];

describe('a transform that goes through JSON', () => {
  test.each(transforms)('%s, is the same data and the same numbers', (_, transform) => {
    const text = JSON.stringify(transform);
    const again = transformFromJSON(JSON.parse(text), registry);
    expect(JSON.stringify(again)).toBe(text);
    expect(again.yields).toBe(transform.yields);
    const run = [transform, again].map((one) => {
      const stepper = createStepper(one, {
        w: { values: Float32Array.of(1, 2), shape: [1, 2] },
        b: Float32Array.of(3),
      });
      return [1, NaN, 3, -4].map((x) => stepper.update({ w: Float32Array.of(x, 5), b: Float32Array.of(1) }));
    });
    expect(run[1]).toEqual(run[0]);
  });

  test('is written in the documented shape', () => {
    const transform = accumulate(
      chain(clipNorm({ maxNorm: Infinity }), descend({ learningRate: halving({ start: 1 }) })),
      {
        every: 4,
      },
    );
    expect(JSON.parse(JSON.stringify(transform))).toEqual({
      transform: 'accumulate',
      options: {
        inner: {
          transform: 'chain',
          options: {
            transforms: [
              { transform: 'clipNorm', options: { maxNorm: { number: 'Infinity' } } },
              {
                transform: 'descend',
                options: { learningRate: { schedule: 'halving', options: { start: 1 } } },
              },
            ],
          },
        },
        every: 4,
      },
    });
  });

  test('an alias writes its own options', () => {
    expect(alias('mine', { rate: 1 }, chain(step)).toJSON()).toEqual({
      transform: 'mine',
      options: { rate: 1 },
    });
  });
});

describe('a bare function cannot be written, and the error names it', () => {
  const isWide = ({ shape }: { readonly shape: readonly number[] }): boolean => shape.length > 1;
  const twice = (at: number): number => at * 2;
  const labelOf = (): string => 'a';
  const isEven = (at: number): boolean => at % 2 === 0;
  test.each<[string, AnyTransform, string]>([
    ['of stateless', stateless('centre', (x) => x), 'The transform "centre" is a bare function'],
    ['as a predicate', chain(masked(step, isWide), step), 'masked: the function isWide is a bare function'],
    ['as a predicate of freeze', freeze(isWide), 'freeze: the function isWide'],
    [
      'as a schedule',
      descend({ learningRate: twice }),
      'descend: learningRate is the function twice, a bare function',
    ],
    ['as a label', partition({ a: step }, labelOf), 'partition: the function labelOf'],
    ['of the step', conditionally(step, isEven), 'conditionally: the function isEven'],
  ])('%s', (_, transform, message) => {
    expect(() => transform.toJSON()).toThrow(InvalidOptionError);
    expect(() => transform.toJSON()).toThrow(message);
  });
});

describe('JSON is refused', () => {
  const clip = { transform: 'clipNorm', options: { maxNorm: 1 } };
  test.each([
    ['with an unknown transform', { transform: 'clipnorm', options: {} }, 'Did you mean "clipNorm"?'],
    [
      'with an unknown schedule',
      { transform: 'descend', options: { learningRate: { schedule: 'x', options: {} } } },
      'no schedule "x"',
    ],
    [
      'with an unknown predicate',
      { transform: 'freeze', options: { leaves: { predicate: 'x' } } },
      'no predicate "x"',
    ],
    ['with an unknown option', { transform: 'clipNorm', options: { maxnorm: 1 } }, 'Did you mean "maxNorm"?'],
    [
      'with an unknown option of a combinator',
      { transform: 'accumulate', options: { inner: clip, evry: 2 } },
      'Did you mean "every"?',
    ],
    [
      'with an option of a combinator that has none',
      { transform: 'zeroNans', options: { value: 1 } },
      'zeroNans has no option "value"',
    ],
    ['without an inner transform', { transform: 'accumulate', options: { every: 2 } }, '"inner" is missing'],
    ['without a list', { transform: 'chain', options: {} }, '"transforms" must be a list'],
    ['without options', { transform: 'clipNorm' }, 'maxNorm is missing'],
    ['that is a list', [clip], 'A transform in JSON is'],
    ['that is null', null, 'A transform in JSON is'],
    [
      'of lookahead without an optimizer',
      { transform: 'lookahead', options: { inner: clip } },
      'lookahead needs an optimizer',
    ],
    [
      'with a misspelt member beside the options',
      { transform: 'heavyBall', option: { momentum: 0.5 } },
      'no option "option". Did you mean "options"?',
    ],
    [
      'with a misspelt member of a schedule',
      { transform: 'descend', options: { learningRate: { schedule: 'halving', option: { start: 1 } } } },
      'no option "option". Did you mean "options"?',
    ],
    [
      'with conditions beside a named predicate',
      { transform: 'freeze', options: { leaves: { predicate: 'isMatrix', rank: 2 } } },
      'no option "rank"',
    ],
    ['with __proto__ for a name', { transform: '__proto__', options: {} }, 'no transform "__proto__"'],
  ])('%s', (_, json, message) => {
    expect(() => transformFromJSON(json, registry)).toThrow(InvalidOptionError);
    expect(() => transformFromJSON(json, registry)).toThrow(message);
  });
});

test('JSON that holds itself, or is nested too deeply, is refused', () => {
  const circle: { transform: string; options: { transforms: unknown[] } } = {
    transform: 'chain',
    options: { transforms: [] },
  };
  circle.options.transforms.push(circle, circle);
  expect(() => transformFromJSON(circle)).toThrow(/nested too deeply, or holds itself/);
  let deep: object = { transform: 'identity', options: {} };
  for (let depth = 0; depth < 20_000; depth++) deep = { transform: 'chain', options: { transforms: [deep] } };
  expect(() => transformFromJSON(deep)).toThrow(/nested too deeply, or holds itself/);
  expect(() => transformFromJSON(circle)).toThrow(InvalidOptionError);
});

test('a registry that is none, or holds what is no function, is refused', () => {
  const json = { transform: 'descend', options: { learningRate: 1 } };
  expect(() => transformFromJSON(json, JSON.parse('null'))).toThrow(/registry.*null/);
  const made: object = { transforms: { descend: step } };
  expect(() => transformFromJSON(json, made)).toThrow(
    /transform "descend" must be a function, but is an object/,
  );
});

test('numbers that JSON has no literal for are tagged', () => {
  for (const value of [1, -1.5, Infinity, -Infinity, NaN, -0]) {
    expect(numberFromJSON(JSON.parse(JSON.stringify(numberToJSON(value))))).toBe(value);
  }
  expect(numberToJSON(-Infinity)).toEqual({ number: '-Infinity' });
  expect(() => numberFromJSON('1')).toThrow(InvalidOptionError);
  expect(() => numberFromJSON({ number: '12' })).toThrow(InvalidOptionError);
});
