import { expectTypeOf } from 'vitest';
import {
  accumulate,
  add,
  alias,
  all,
  chain,
  conditionally,
  createStepper,
  defineTransform,
  freeze,
  greater,
  hyperparameter,
  identity,
  isNaN,
  lookahead,
  masked,
  mul,
  namedChain,
  norm,
  normOverLeaves,
  normOverUnit,
  partition,
  push,
  scalar,
  skipNonFinite,
  stateless,
  sum,
  toProgram,
  vector,
  where,
  zeroNans,
  zerosLike,
} from './index.ts';
import type {
  AccumulateState,
  AnyTransform,
  EmptyState,
  GradientTransform,
  Leaf,
  LeafScalar,
  LookaheadState,
  Mask,
  Program,
  Scalar,
  SkipNonFiniteState,
  Stepper,
  Unit,
  Vector,
  Widest,
} from './index.ts';

declare const leaf: Leaf;
declare const unit: Unit;
declare const perLeaf: LeafScalar;
declare const history: Vector;
declare const clip: GradientTransform<EmptyState, 'gradients'>;
declare const momentum: GradientTransform<{ readonly velocity: Leaf; readonly count: Scalar }, 'gradients'>;
declare const optimizer: GradientTransform<{ readonly moment: Leaf }, 'updates'>;

// The state of a chain is the tuple of its parts' states, and it yields updates if one of them does.
expectTypeOf(chain(clip, momentum)).toEqualTypeOf<
  GradientTransform<readonly [EmptyState, { readonly velocity: Leaf; readonly count: Scalar }], 'gradients'>
>();
expectTypeOf(chain(clip, optimizer)).toEqualTypeOf<
  GradientTransform<readonly [EmptyState, { readonly moment: Leaf }], 'updates'>
>();
expectTypeOf(chain(chain(clip), optimizer).yields).toEqualTypeOf<'updates'>();
expectTypeOf(chain()).toExtend<GradientTransform<readonly [], 'gradients'>>();
expectTypeOf(chain(clip, optimizer)).toExtend<AnyTransform>();

// Where parts have names, so has the state.
expectTypeOf(namedChain({ clip, optimizer })).toEqualTypeOf<
  GradientTransform<{ readonly clip: EmptyState; readonly optimizer: { readonly moment: Leaf } }, 'updates'>
>();
expectTypeOf(partition({ a: clip, b: momentum }, () => 'a').yields).toEqualTypeOf<'gradients'>();

// Wrappers keep what comes out, and their state holds that of what they wrap.
type Moment = { readonly moment: Leaf };
expectTypeOf(skipNonFinite(optimizer)).toEqualTypeOf<
  GradientTransform<SkipNonFiniteState<Moment>, 'updates'>
>();
expectTypeOf(accumulate(optimizer, { every: 2 })).toEqualTypeOf<
  GradientTransform<AccumulateState<Moment>, 'updates'>
>();
expectTypeOf(lookahead(optimizer)).toEqualTypeOf<GradientTransform<LookaheadState<Moment>, 'updates'>>();
expectTypeOf(masked(clip, { minRank: 2 })).toEqualTypeOf<
  GradientTransform<readonly [EmptyState], 'gradients'>
>();
expectTypeOf(conditionally(clip, { until: 3 }).yields).toEqualTypeOf<'gradients'>();
expectTypeOf(alias('mine', {}, optimizer).yields).toEqualTypeOf<'updates'>();
expectTypeOf([freeze({ name: 'x' }), identity(), zeroNans()]).toEqualTypeOf<
  GradientTransform<EmptyState, 'gradients'>[]
>();

// @ts-expect-error lookahead needs an optimizer
lookahead(clip);
// @ts-expect-error lookahead needs an optimizer, and a chain of clips is none
lookahead(chain(clip, momentum));
// @ts-expect-error a transform, not its factory
chain(clip, identity);
// @ts-expect-error every must be given
accumulate(optimizer, {});
// @ts-expect-error options must be given
accumulate(optimizer);
// @ts-expect-error every is a number or a schedule of numbers
accumulate(optimizer, { every: () => '2' });
accumulate(optimizer, { every: (step) => (step < 10 ? 1 : 4) });
// @ts-expect-error maxConsecutive is misspelt
skipNonFinite(optimizer, { maxConsecutve: 2 });
// @ts-expect-error an optional option is left out, not undefined
lookahead(optimizer, { every: undefined });
// @ts-expect-error minRank is misspelt
masked(clip, { minrank: 2 });
// @ts-expect-error a predicate gives true or false
freeze(() => 1);

// An operation is as wide as its widest operand.
expectTypeOf<Widest<'scalar' | 'leafScalar'>>().toEqualTypeOf<'leafScalar'>();
expectTypeOf<Widest<'unit' | 'leafScalar'>>().toEqualTypeOf<'unit'>();
expectTypeOf<Widest<'leaf' | 'unit' | 'scalar'>>().toEqualTypeOf<'leaf'>();
expectTypeOf<Widest<'vector' | 'scalar'>>().toEqualTypeOf<'vector'>();
expectTypeOf<Widest<'vector' | 'leaf'>>().toEqualTypeOf<'vector'>();
expectTypeOf(add(1, 2)).toEqualTypeOf<Scalar>();
expectTypeOf(add(leaf, 1)).toEqualTypeOf<Leaf>();
expectTypeOf(mul(perLeaf, leaf)).toEqualTypeOf<Leaf>();
expectTypeOf(mul(perLeaf, unit)).toEqualTypeOf<Unit>();
expectTypeOf(mul(history, 2)).toEqualTypeOf<Vector>();
expectTypeOf(greater(leaf, perLeaf)).toEqualTypeOf<Mask<'leaf'>>();
expectTypeOf(where(greater(perLeaf, 1), 1, 0)).toEqualTypeOf<LeafScalar>();
expectTypeOf(where(isNaN(leaf), 0, leaf)).toEqualTypeOf<Leaf>();
expectTypeOf(sum(leaf)).toEqualTypeOf<LeafScalar>();
expectTypeOf(norm(leaf, { order: 1 })).toEqualTypeOf<LeafScalar>();
expectTypeOf(normOverUnit(leaf)).toEqualTypeOf<Unit>();
expectTypeOf(normOverLeaves(perLeaf)).toEqualTypeOf<Scalar>();
expectTypeOf(all(isNaN(leaf))).toEqualTypeOf<Mask<'leafScalar'>>();
expectTypeOf(push(vector(3, 0), scalar(1))).toEqualTypeOf<Vector>();

// @ts-expect-error a truth value is no number
add(isNaN(leaf), leaf);
// @ts-expect-error a number is no truth value
where(leaf, leaf, 0);
// @ts-expect-error a scalar has nothing to sum
sum(normOverLeaves(leaf));
// @ts-expect-error a vector meets scalars only
sum(add(leaf, history));
// @ts-expect-error the order is an option
norm(leaf, 2);
// @ts-expect-error only one number at a time goes into a history
push(history, leaf);

// A definition sees its options by name: live ones as scalars, structural ones as plain values.
defineTransform({
  name: 'f',
  options: {},
  schema: { rate: hyperparameter({ fallback: 1 }) },
  yields: 'gradients',
  init: (params) => ({ slot: zerosLike(params) }),
  update: (updates, state, { hyperparameters }) => {
    expectTypeOf(updates).toEqualTypeOf<Leaf>();
    expectTypeOf(state.slot).toEqualTypeOf<Leaf>();
    expectTypeOf(hyperparameters).toEqualTypeOf<{ readonly rate: Scalar }>();
    // @ts-expect-error there is no such option
    mul(updates, hyperparameters.speed);
    // @ts-expect-error there is no such slot
    mul(updates, state.velocity);
    return { updates, state };
  },
});

const broken = { name: 'f', options: {}, schema: {}, yields: 'gradients' } as const;
defineTransform({
  ...broken,
  init: (params): { readonly slot: Leaf } => ({ slot: zerosLike(params) }),
  // @ts-expect-error the slot was an array for each leaf and has become one number
  update: (updates) => ({ updates, state: { slot: normOverLeaves(updates) } }),
});
defineTransform({
  ...broken,
  init: (params): { readonly slot: Leaf } => ({ slot: zerosLike(params) }),
  // @ts-expect-error the slot is missing
  update: (updates) => ({ updates, state: {} }),
});
defineTransform({
  ...broken,
  init: (): EmptyState => ({}),
  // @ts-expect-error updates are an array for each leaf
  update: (updates, state) => ({ updates: sum(updates), state }),
});
// @ts-expect-error a function of the updates gives updates
stateless('f', (updates) => normOverLeaves(updates));

expectTypeOf(toProgram(clip, [{ name: 'x', shape: [2] }])).toEqualTypeOf<Program>();
expectTypeOf(createStepper(optimizer, { x: new Float32Array(1) })).toEqualTypeOf<Stepper>();
createStepper(Math.random() > 2 ? chain(clip, optimizer) : optimizer, {});
// @ts-expect-error everything is float32
createStepper(optimizer, { x: new Float64Array(1) });
// @ts-expect-error a shape must be given with values
createStepper(optimizer, { x: { values: new Float32Array(1) } });
// @ts-expect-error onNonFinite is one of two
createStepper(optimizer, {}, { onNonFinite: 'ignore' });
