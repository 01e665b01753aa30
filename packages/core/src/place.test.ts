import { describe, expect, test } from 'vitest';
import { accumulate } from './accumulate.ts';
import { alias, chain, identity, namedChain } from './chain.ts';
import { conditionally } from './conditionally.ts';
import { createStepper } from './createStepper.ts';
import { InvalidOptionError } from './errors.ts';
import { clipNorm, descend, heavyBall } from './exampleTransforms.ts';
import type { AnyTransform } from './gradientTransform.ts';
import { lookahead } from './lookahead.ts';
import { masked } from './masked.ts';
import { partition } from './partition.ts';
import { hyperparameterClocks } from './place.ts';
import { skipNonFinite } from './skipNonFinite.ts';

const clip = clipNorm({ maxNorm: 1 });
const step = descend({ learningRate: 0.1 });
const paths = (transform: AnyTransform): string[] => Object.keys(transform.hyperparameters);

describe('a path', () => {
  test("is the transform's name", () => {
    expect(paths(chain(clip, step))).toEqual(['clipNorm.maxNorm', 'descend.learningRate']);
  });

  test('is numbered from the second of the same name on, wherever it is', () => {
    expect(paths(chain(clip, chain(clip, step), clip))).toEqual([
      'clipNorm.maxNorm',
      'clipNorm#2.maxNorm',
      'descend.learningRate',
      'clipNorm#3.maxNorm',
    ]);
  });

  test('is the key in a namedChain, and keys join up', () => {
    const inner = namedChain({ first: clip, last: step });
    expect(paths(namedChain({ outer: inner, other: clip }))).toEqual([
      'outer.first.maxNorm',
      'outer.last.learningRate',
      'other.maxNorm',
    ]);
    expect(paths(namedChain({ group: chain(clip, step) }))).toEqual([
      'group.clipNorm.maxNorm',
      'group.descend.learningRate',
    ]);
  });

  test('is not lengthened by wrappers', () => {
    const wrapped = skipNonFinite(accumulate(masked(conditionally(chain(clip, step), {}), {}), { every: 2 }));
    expect(paths(wrapped)).toEqual(['clipNorm.maxNorm', 'descend.learningRate']);
    expect(paths(namedChain({ a: skipNonFinite(masked(clip, {})) }))).toEqual(['a.maxNorm']);
    expect(paths(partition({ x: step, y: step }, () => 'x'))).toEqual([
      'descend.learningRate',
      'descend#2.learningRate',
    ]);
  });

  test("is an alias's own for all of its pieces", () => {
    const whole = alias('both', {}, chain(clip, heavyBall(), step));
    expect(paths(chain(clip, whole))).toEqual([
      'clipNorm.maxNorm',
      'both.maxNorm',
      'both.momentum',
      'both.learningRate',
    ]);
    expect(paths(namedChain({ mine: whole }))).toContain('mine.learningRate');
  });

  test('of a wrapper with numbers of its own stands beside what it wraps', () => {
    expect(paths(lookahead(step))).toEqual(['lookahead.slowStepSize', 'descend.learningRate']);
  });

  test('holds reports and state too', () => {
    const stepper = createStepper(namedChain({ one: clip, two: clip, ball: heavyBall() }), {
      x: Float32Array.of(0),
    });
    stepper.update({ x: Float32Array.of(2) });
    expect(stepper.report()?.values).toEqual({ 'one.norm': 2, 'two.norm': 1 });
    expect(Object.keys(stepper.getState())).toEqual(['step', 'ball/velocity/x', 'ball/count']);
  });

  test('of one transform is its bare options', () => {
    expect(clip.hyperparameters).toEqual({ maxNorm: 1 });
  });
});

test('the clock of a hyperparameter counts windows inside of accumulate, and windows of windows', () => {
  const inner = accumulate(chain(clip, accumulate(step, { every: 3 })), { every: 2 });
  const clocks = hyperparameterClocks(chain(clipNorm({ maxNorm: 2 }), inner));
  expect(Array.from(clocks, ([path, clock]) => [path, clock(11), clock(12)])).toEqual([
    ['clipNorm.maxNorm', 11, 12],
    ['clipNorm#2.maxNorm', 5, 6],
    ['descend.learningRate', 1, 2],
  ]);
});

test('an alias whose pieces share an option, a report or a slot is refused', () => {
  expect(() => paths(alias('twice', {}, chain(step, step)))).toThrow(
    'both have a hyperparameter named "learningRate"',
  );
  const twoBalls = alias('twice', {}, chain(heavyBall(), identity()));
  expect(() => createStepper(twoBalls, { x: Float32Array.of(0) })).not.toThrow();
});

test('a key that cannot be part of a path is refused', () => {
  for (const key of ['', 'a.b', '1st', '__proto__x', 'a/b', 'é']) {
    expect(() => namedChain({ [key]: clip })).toThrow(InvalidOptionError);
    // A label is part of no path.
    expect(() => partition({ [key]: clip }, () => key)).not.toThrow();
  }
});

test('what is no transform is refused, with what to do', () => {
  // @ts-expect-error a factory is no transform
  expect(() => chain(clip, descend)).toThrow(
    "chain's argument 2 must be a transform, but is the function descend. Call it: descend({ ... }).",
  );
  // @ts-expect-error nothing is no transform
  expect(() => namedChain({ a: undefined })).toThrow("namedChain's a must be a transform, but is undefined.");
  // @ts-expect-error a list is no transform
  expect(() => skipNonFinite([clip])).toThrow(
    "skipNonFinite's inner transform must be a transform, but is an array.",
  );
});
