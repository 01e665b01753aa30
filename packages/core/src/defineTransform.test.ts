import { expect, test } from 'vitest';
import { add, div, mul, neg, scalar, zerosLike } from './algebra.ts';
import { chain, namedChain } from './chain.ts';
import { conditionally } from './conditionally.ts';
import { createStepper } from './createStepper.ts';
import type { OptionSchema } from './checkOptions.ts';
import { defineTransform, type TransformDefinition } from './defineTransform.ts';
import { clipNorm, descend } from './exampleTransforms.ts';
import type { AnyTransform, EmptyState, StateTree, TransformUpdate, Yields } from './gradientTransform.ts';
import { lookahead } from './lookahead.ts';
import { masked } from './masked.ts';
import type { Leaf } from './symbolicTensor.ts';

const step = descend({ learningRate: 1 });

function define(change: Partial<TransformDefinition<StateTree, Yields, OptionSchema>> = {}): AnyTransform {
  return defineTransform<StateTree, Yields, OptionSchema>({
    name: 'custom',
    options: {},
    schema: {},
    yields: 'updates',
    init: (): EmptyState => ({}),
    update: (updates, state) => ({ updates: neg(updates), state }),
    ...change,
  });
}

/** The parameter, 10 at the start, after one step with the gradient 1. */
function after(transform: AnyTransform): number | undefined {
  const stepper = createStepper(transform, { w: Float32Array.of(10) });
  stepper.step({ w: Float32Array.of(1) });
  return stepper.params()['w']?.[0];
}

test('yields is one of two words', () => {
  const misspelt: Yields = JSON.parse('"update"');
  expect(() => define({ yields: misspelt })).toThrow(
    /custom: yields is "update"; it must be "gradients" or "updates"/,
  );
});

test('what wraps an optimizer cannot say that it yields gradients', () => {
  expect(() => define({ yields: 'gradients', inner: [step] })).toThrow(
    /custom: yields is "gradients"; it must be "updates"/,
  );
});

test('what makes updates of an inner transform’s gradients is an optimizer', () => {
  const transform = define({
    inner: [clipNorm({ maxNorm: 0.5 })],
    init: (params, { inner }) => inner.map((part) => part.init(params)),
    update: (updates, state, { inner }) => ({
      updates: neg(inner[0]?.update(updates, state).updates ?? updates),
      state,
    }),
  });
  expect(after(transform)).toBe(9.5);
});

test('a slash in the name of a slot or of a transform with state is refused: an array could have the name of a leaf’s', () => {
  const init = (params: Leaf): StateTree => ({ m: zerosLike(params), 'm/w': scalar(0) });
  expect(() => after(define({ init }))).toThrow(
    /The state custom\/m\/w has a name that is taken, or a slash too many/,
  );
  const named = define({ name: 'a/b', init: (params) => ({ m: zerosLike(params) }) });
  expect(() => after(named)).toThrow(/The state a\/b\/m has a name that is taken, or a slash too many/);
});

test.each<[string, () => unknown, RegExp]>([
  ['nothing', () => undefined, /custom: update must return updates.*undefined/],
  ['no updates', () => ({ state: {} }), /custom: update must return updates/],
  [
    'a report that is a number',
    (updates?: unknown) => ({ updates, state: {}, report: { loss: 1 } }),
    /The report custom\.loss is 1/,
  ],
  [
    'a report that is null',
    (updates?: unknown) => ({ updates, state: {}, report: { loss: null } }),
    /The report custom\.loss is null/,
  ],
  [
    'a hold that is plain',
    (updates?: unknown) => ({ updates, state: {}, hold: true }),
    /The hold of custom is true; it must be a bool scalar or leafScalar/,
  ],
  [
    'a hold of numbers',
    (updates?: unknown) => ({ updates, state: {}, hold: scalar(1) }),
    /The hold of custom is a float32 scalar/,
  ],
])('an update that returns %s is refused by name', (_, update, message) => {
  const untyped: { call: (...given: readonly unknown[]) => TransformUpdate } = Object.assign(
    { call: JSON.parse('null') },
    { call: update },
  );
  expect(() => after(define({ update: untyped.call }))).toThrow(message);
});

test('a second optimizer is refused: it would turn the first one’s updates around and climb', () => {
  expect(() => after(chain(step, step))).toThrow(/descend#2 takes gradients.*climb/);
  expect(() => after(chain(step, clipNorm({ maxNorm: 1 }), step))).toThrow(/descend#2/);
  expect(() => after(chain(lookahead(step), step))).toThrow(/descend#2/);
  expect(() => after(namedChain({ first: step, second: chain(step) }))).toThrow(/second/);
  expect(() => after(chain(masked(step, { name: 'w' }), masked(step, {})))).toThrow(/descend#2/);
});

test('optimizers of different leaves or steps may follow each other', () => {
  const apart = chain(
    masked(step, { name: 'w' }),
    clipNorm({ maxNorm: 5 }),
    masked(step, { not: { name: 'w' } }),
  );
  const stepper = createStepper(apart, { w: Float32Array.of(1), b: Float32Array.of(1) });
  stepper.step({ w: Float32Array.of(3), b: Float32Array.of(4) });
  expect(stepper.params()).toMatchObject({ w: Float32Array.of(-2), b: Float32Array.of(-3) });
  expect(after(chain(conditionally(step, { until: 1 }), conditionally(clipNorm({ maxNorm: 1 }), {})))).toBe(
    9,
  );
});

test('a wrapper may give the same gradients to two optimizers and take the mean of their updates', () => {
  const mean = define({
    inner: [step, chain(clipNorm({ maxNorm: 0.5 }), step)],
    init: (params, { inner }) => inner.map((part) => part.init(params)),
    update: (updates, state, { inner }) => {
      const states = Array.isArray(state) ? state : [];
      const [a, b] = inner.map((part, index) => part.update(updates, states[index]).updates);
      return { updates: div(add(a ?? updates, b ?? updates), 2), state };
    },
  });
  expect(after(mean)).toBe(9.25);
});

test('a wrapper may give one optimizer what another has made, as a gradient of its own', () => {
  const outer = define({
    inner: [step, step],
    init: (params, { inner }) => inner.map((part) => part.init(params)),
    update: (updates, state, { inner }) => {
      const inside = inner[0]?.update(updates, {}).updates ?? updates;
      return { updates: inner[1]?.update(mul(inside, -1), {}).updates ?? updates, state };
    },
  });
  expect(after(outer)).toBe(9);
});

test('transforms that are nested too deeply are refused where they are made', () => {
  let transform: AnyTransform = step;
  expect(() => {
    for (let depth = 0; depth < 20_000; depth++) transform = chain(transform);
  }).toThrow(/chain: transforms are nested too deeply/);
});
