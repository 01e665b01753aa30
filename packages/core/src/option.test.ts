import { expect, test } from 'vitest';
import { chain, identity } from './chain.ts';
import { conditionally } from './conditionally.ts';
import { createStepper } from './createStepper.ts';
import { defineTransform } from './defineTransform.ts';
import { InvalidOptionError } from './errors.ts';
import type { EmptyState, GradientTransform } from './gradientTransform.ts';
import { flag, hyperparameter } from './option.ts';
import { partition } from './partition.ts';
import { transformFromJSON } from './transformFromJSON.ts';

function limited(options: object): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name: 'limited',
    options,
    schema: {
      limit: hyperparameter({ above: 0, below: 1, fallback: 0.5 }),
      strict: flag({ fallback: false }),
    },
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state) => ({ updates, state }),
  });
}

test('a number is judged as the float32 that the program computes with', () => {
  expect(() => limited({ limit: 1e-50 })).toThrow(InvalidOptionError);
  expect(() => limited({ limit: 0.99999999 })).toThrow(InvalidOptionError);
  expect(limited({ limit: 0.9999999 }).hyperparameters['limit']).toBe(0.9999999);
});

test('null is not the default, but a value that cannot be meant', () => {
  expect(() => limited({ limit: null })).toThrow(/limit is null/);
  expect(() => limited({ strict: null })).toThrow(/strict is null/);
  expect(limited({ limit: undefined }).hyperparameters['limit']).toBe(0.5);
});

test('conditionally writes an infinite end as JSON and reads it again', () => {
  const json = JSON.stringify(conditionally(identity(), { until: Infinity }).toJSON());
  expect(json).toContain('{"number":"Infinity"}');
  expect(JSON.stringify(transformFromJSON(JSON.parse(json)).toJSON())).toBe(json);
});

test('a member named __proto__ does not get past the check of names', () => {
  const json =
    '{"transform":"conditionally","options":{"inner":{"transform":"identity"},"when":{"__proto__":{"every":2}}}}';
  expect(() => transformFromJSON(JSON.parse(json))).toThrow(InvalidOptionError);
});

test('a rule of partition with a mistyped member is refused, and so is a transform that was not called', () => {
  const rules = [{ label: 'a', leafs: { name: 'w' } }];
  expect(() => partition({ a: identity() }, rules)).toThrow(/leaves/);
  const notCalled: unknown = chain;
  // @ts-expect-error a factory is no transform
  expect(() => createStepper(notCalled, {})).toThrow(/Call it/);
});
