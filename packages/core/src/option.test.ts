import { expect, test } from 'vitest';
import { mul } from './algebra.ts';
import { chain, identity } from './chain.ts';
import { conditionally } from './conditionally.ts';
import { createStepper } from './createStepper.ts';
import { defineTransform } from './defineTransform.ts';
import { InvalidOptionError } from './errors.ts';
import type { AnyTransform, EmptyState, GradientTransform } from './gradientTransform.ts';
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

test('what float32 makes of a number is said, with the nearest that works', () => {
  const messageOf = (limit: unknown): string => {
    try {
      limited({ limit });
      return '';
    } catch (error) {
      return error instanceof InvalidOptionError ? error.message : '';
    }
  };
  expect(messageOf(0.99999999)).toContain(
    'limit is 0.99999999, which is 1 in float32 (the nearest that works is 0.99999994)',
  );
  expect(messageOf(1e-46)).toContain('which is 0 in float32 (the nearest that works is 1.17549435e-38)');
  expect(messageOf(2)).not.toContain('float32');
  expect(limited({ limit: 0.99999994 }).hyperparameters['limit']).toBe(0.99999994);
});

test('a number that is not 0 and rounds to it is refused where 0 itself is taken, given or assigned', () => {
  const decaying = (rate: number | ((step: number) => number)): AnyTransform =>
    defineTransform({
      name: 'decaying',
      options: { rate },
      schema: { rate: hyperparameter({ atLeast: 0, example: 0.5 }) },
      yields: 'gradients',
      init: (): EmptyState => ({}),
      update: (updates, state, { hyperparameters }) => ({
        updates: mul(updates, hyperparameters.rate),
        state,
      }),
    });
  expect(decaying(0).hyperparameters['rate']).toBe(0);
  expect(() => decaying(1e-46)).toThrow(/rate is 1e-46, which is 0 in float32/);
  expect(() => decaying(1e39)).toThrow(
    /which is Infinity in float32 \(the nearest that works is 3.40282347e\+38\)/,
  );
  const stepper = createStepper(decaying(1), { w: Float32Array.of(1) });
  expect(() => (stepper.hyperparameters['decaying.rate'] = 1e-46)).toThrow(
    /which is 0 in float32 .* Write hyperparameters\['decaying.rate'\] = 0.5\.$/,
  );
  stepper.hyperparameters['decaying.rate'] = () => 1e39;
  expect(() => stepper.update({ w: Float32Array.of(1) })).toThrow(
    /gave 1e\+39 at step 0, which is Infinity in float32 .* assign a number: hyperparameters\['decaying.rate'\] = 0.5\.$/,
  );
});
