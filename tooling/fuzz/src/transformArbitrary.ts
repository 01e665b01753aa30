import type { JsonValue, TransformJSON } from '@gradkit/core';
import * as fc from 'fast-check';
import { scheduleArbitrary } from './scheduleArbitrary.ts';

/** Transforms as JSON: those that yield gradients, and optimizers, which end in updates for every leaf they are given. */
export interface TransformArbitraries {
  readonly gradients: fc.Arbitrary<TransformJSON>;
  readonly updates: fc.Arbitrary<TransformJSON>;
}

type JSONOf = Readonly<Record<string, fc.Arbitrary<JsonValue>>>;

const infinity: JsonValue = { number: 'Infinity' };
const steps = fc.integer({ min: 1, max: 3 });
/** How many steps make one: a number, or a schedule of whole numbers. */
const windows = fc.oneof(
  { weight: 3, arbitrary: steps },
  {
    weight: 1,
    arbitrary: fc.tuple(steps, steps, steps).map((values): JsonValue => ({
      schedule: 'piecewiseConstant',
      options: { boundaries: [1, 2], values },
    })),
  },
);
const learningRate = scheduleArbitrary({ min: 0, max: 2 });
const share = scheduleArbitrary({ min: 0, max: 0.9999 });
const bound = fc.oneof(
  { weight: 9, arbitrary: scheduleArbitrary({ min: 1e-3, max: 4 }) },
  { weight: 1, arbitrary: scheduleArbitrary({ min: 1e-40, max: 3e38 }) },
);
const boundOrInfinity = fc.oneof(
  { weight: 9, arbitrary: bound },
  { weight: 1, arbitrary: fc.constant(infinity) },
);
const epsilon = scheduleArbitrary({ min: 0, max: 1e-2 });
const order = fc.constantFrom<JsonValue>(1, 2, 3, 0.5, 40, infinity);
const either = fc.boolean();

const clips: readonly fc.Arbitrary<TransformJSON>[] = [
  piece('clipByGlobalNorm', { maxNorm: boundOrInfinity }, { normType: order, epsilon }),
  piece('clipByNorm', { maxNorm: boundOrInfinity }, { normType: order, epsilon }),
  piece('clipByBlockRms', { threshold: boundOrInfinity }),
  piece('adaptiveGradientClip', { clipping: bound }, { epsilon: scheduleArbitrary({ min: 1e-6, max: 1 }) }),
  piece('globalNorm', {}, { normType: order }),
  piece('clipByValue', { limit: boundOrInfinity }),
  piece('clipByValue', {
    min: scheduleArbitrary({ min: -2, max: 0 }),
    max: scheduleArbitrary({ min: 0, max: 2 }),
  }),
  piece('softClip', { limit: bound }),
];

const pieces: readonly fc.Arbitrary<TransformJSON>[] = [
  piece('identity', {}),
  piece('zeroNans', {}),
  piece('scale', { factor: scheduleArbitrary({ min: -2, max: 2 }) }),
  piece('addDecayedWeights', { weightDecay: scheduleArbitrary({ min: 0, max: 1 }) }),
  piece('scaleByAdam', {}, { beta1: share, beta2: share, epsilon }),
  piece('scaleByLion', {}, { beta1: share, beta2: share }),
  piece('scaleByRms', {}, { decay: share, epsilon, centered: either }),
  piece('scaleByRss', {}, { initialAccumulatorValue: fc.constantFrom(0, 0.1), epsilon }),
  piece('scaleByMomentum', { momentum: share }, { dampening: share, nesterov: either }),
  pattern().map((leaves) => ({ transform: 'freeze', options: { leaves, allowEmpty: true } })),
];

const optimizers: readonly fc.Arbitrary<TransformJSON>[] = [
  piece(
    'sgd',
    { learningRate },
    {
      momentum: share,
      dampening: share,
      nesterov: either,
      weightDecay: scheduleArbitrary({ min: 0, max: 1 }),
    },
  ),
  piece('adam', { learningRate }, { beta1: share, beta2: share, epsilon }),
  piece('adamw', { learningRate }, { beta1: share, weightDecay: scheduleArbitrary({ min: 0, max: 1 }) }),
  piece('rmsprop', { learningRate }, { decay: share, momentum: share, epsilon, centered: either }),
  piece('adagrad', { learningRate }, { initialAccumulatorValue: fc.constantFrom(0, 0.1) }),
  piece('lion', { learningRate }, { beta1: share, weightDecay: scheduleArbitrary({ min: 0, max: 1 }) }),
];

/** Random transforms, combinators up to `depth` deep. */
export function transformArbitrary(depth: number): TransformArbitraries {
  if (depth === 0) return { gradients: fc.oneof(...clips, ...pieces), updates: fc.oneof(...optimizers) };
  const inner = transformArbitrary(depth - 1);
  const before = fc.array(inner.gradients, { maxLength: 3 });
  const after = fc.array(inner.gradients, { maxLength: 1 });
  const optimizing = fc
    .tuple(before, inner.updates, after)
    .map(([head, end, tail]) => [...head, end, ...tail]);
  return {
    gradients: fc.oneof(
      { weight: 3, arbitrary: inner.gradients },
      { weight: 2, arbitrary: chained(before) },
      { weight: 1, arbitrary: masked(inner.gradients) },
      { weight: 3, arbitrary: wrapped(inner.gradients) },
    ),
    updates: fc.oneof(
      { weight: 1, arbitrary: inner.updates },
      { weight: 3, arbitrary: chained(optimizing) },
      { weight: 3, arbitrary: wrapped(inner.updates) },
      {
        weight: 1,
        arbitrary: wrap('lookahead', inner.updates, {
          every: steps,
          slowStepSize: scheduleArbitrary({ min: 0, max: 1 }),
        }),
      },
    ),
  };
}

function chained(list: fc.Arbitrary<readonly TransformJSON[]>): fc.Arbitrary<TransformJSON> {
  return fc.oneof(
    list.map((transforms) => ({ transform: 'chain', options: { transforms: transforms.map(asJSON) } })),
    list.map((transforms) => {
      const members = transforms.map((transform, index): [string, JsonValue] => [
        `part${index}`,
        asJSON(transform),
      ]);
      return { transform: 'namedChain', options: { transforms: Object.fromEntries(members) } };
    }),
  );
}

/** Wrappers that leave it to what they wrap whether gradients or updates come out. */
function wrapped(inner: fc.Arbitrary<TransformJSON>): fc.Arbitrary<TransformJSON> {
  const range = fc.record({ from: fc.nat(2), until: fc.nat(4), every: steps }, { requiredKeys: [] });
  const parts = fc.tuple(inner, inner, pattern()).map(([first, second, leaves]) => ({
    transform: 'partition',
    options: {
      transforms: { first: asJSON(first), second: asJSON(second) },
      labels: [{ label: 'first', leaves }, { label: 'second' }],
      allowEmpty: true,
    },
  }));
  return fc.oneof(
    wrap('skipNonFinite', inner, { maxConsecutive: fc.constantFrom<JsonValue>(1, 2, infinity) }),
    wrap('accumulate', inner, { every: windows }),
    wrap('conditionally', inner, { when: range }),
    parts,
  );
}

function masked(inner: fc.Arbitrary<TransformJSON>): fc.Arbitrary<TransformJSON> {
  return wrap('masked', inner, { leaves: pattern(), allowEmpty: fc.constant(true) });
}

function wrap(
  transform: string,
  inner: fc.Arbitrary<TransformJSON>,
  options: JSONOf,
): fc.Arbitrary<TransformJSON> {
  return fc
    .tuple(inner, fc.record(options))
    .map(([part, given]) => ({ transform, options: { inner: asJSON(part), ...given } }));
}

function piece(transform: string, required: JSONOf, optional: JSONOf = {}): fc.Arbitrary<TransformJSON> {
  return fc
    .record({ ...required, ...optional }, { requiredKeys: Object.keys(required) })
    .map((options) => ({ transform, options: { ...options } }));
}

function pattern(): fc.Arbitrary<JsonValue> {
  const condition = fc.oneof(
    fc.constantFrom('*a*', '*', '0', '__proto__', '*.*', '*/*').map((name) => ({ name })),
    fc.nat(4).map((rank) => ({ rank })),
    fc.nat(4).map((minRank) => ({ minRank })),
  );
  return fc.oneof(
    condition,
    condition.map((not) => ({ not })),
  );
}

function asJSON({ transform, options }: TransformJSON): JsonValue {
  return { transform, options };
}
