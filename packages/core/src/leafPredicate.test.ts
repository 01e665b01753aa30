import { expect, test } from 'vitest';
import { chain } from './chain.ts';
import { createStepper } from './createStepper.ts';
import { InvalidOptionError } from './errors.ts';
import { descend } from './exampleTransforms.ts';
import { freeze } from './freeze.ts';
import { namedPredicate, readPredicate, type LeafPattern } from './leafPredicate.ts';

/** Whether a pattern of names matches a name. */
function isMatch(name: string, leaf: string): boolean {
  return readPredicate('test', { name }).matches({ name: leaf, shape: [] });
}

/** A pattern as it comes from JavaScript that no compiler has seen. */
function untyped(text: string): LeafPattern {
  return JSON.parse(text);
}

test('a star stands for any characters, none included, and everything else for itself', () => {
  expect(isMatch('dense/kernel', 'dense/kernel')).toBe(true);
  expect(isMatch('dense', 'dense/kernel')).toBe(false);
  expect(isMatch('*kernel', 'dense/kernel')).toBe(true);
  expect(isMatch('dense*', 'dense')).toBe(true);
  expect(isMatch('d*/k*l', 'dense/kernel')).toBe(true);
  expect(isMatch('*', '')).toBe(true);
  expect(isMatch('a.c', 'abc')).toBe(false);
  expect(isMatch('[a]*$', '[a]\n$')).toBe(true);
});

test('the parts between stars do not overlap and come in order', () => {
  expect(isMatch('a*a', 'a')).toBe(false);
  expect(isMatch('a*a', 'aa')).toBe(true);
  expect(isMatch('ab*ba', 'aba')).toBe(false);
  expect(isMatch('*b*a*', 'ab')).toBe(false);
  expect(isMatch('*ab*b', 'ab')).toBe(false);
  expect(isMatch('*ab*b', 'abb')).toBe(true);
});

test('a name that nearly matches many stars is judged without trying all of their places', () => {
  expect(isMatch(`${'*a'.repeat(40)}b`, 'a'.repeat(200))).toBe(false);
  expect(isMatch(`${'*a'.repeat(40)}*`, 'a'.repeat(200))).toBe(true);
});

test('a pattern that is no plain object is refused, not taken for one without conditions', () => {
  const regularExpression: object = /kernel/;
  expect(() => freeze(regularExpression)).toThrow(InvalidOptionError);
  expect(() => freeze(regularExpression)).toThrow(
    /freeze: the predicate is a regexp.*\{ name: '\*kernel\*' \}/,
  );
  const map: object = new Map([['name', 'w']]);
  expect(() => freeze(map)).toThrow(/is a map/);
});

test('a name that is not text is refused where the pattern is given', () => {
  for (const text of ['{"name": null}', '{"name": ["w", null]}', '{"name": 3}', '{"rank": null}'])
    expect(() => freeze(untyped(text))).toThrow(/freeze: a predicate's .* but one is (null|3)\./);
});

test('a pattern that holds itself is refused', () => {
  const pattern: { not?: LeafPattern } = {};
  pattern.not = pattern;
  expect(() => freeze(pattern)).toThrow(/freeze.*nested/);
});

test('a named predicate is a name and a function', () => {
  const nothing: (leaf: unknown) => boolean = JSON.parse('null');
  expect(() => namedPredicate('isKernel', nothing)).toThrow(/isKernel.*null/);
});

test('an empty pattern is for every leaf', () => {
  const stepper = createStepper(chain(freeze({}), descend({ learningRate: 1 })), { w: Float32Array.of(3) });
  stepper.step({ w: Float32Array.of(1) });
  expect(stepper.params()['w']).toEqual(Float32Array.of(3));
});
