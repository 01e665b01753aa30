import { add, div, leafScalar, sub, zerosLike } from './algebra.ts';
import { requireTransform, toPlainJSON } from './chain.ts';
import { checkOptionNames } from './checkOptionNames.ts';
import { defineTransform } from './defineTransform.ts';
import type { AnyTransform, GradientTransform, StateTree, Yields } from './gradientTransform.ts';
import { structuralNumber } from './option.ts';
import { restrictTensor } from './stateTree.ts';
import type { Leaf, LeafScalar } from './symbolicTensor.ts';

/** The options of {@link accumulate}. */
export interface AccumulateOptions {
  /** How many micro-steps make one step. */
  readonly every: number;
}

/** The state of {@link accumulate}: the mean so far, how many gradients are in it, and the state of what it wraps. */
export interface AccumulateState<Inner extends StateTree> {
  readonly [slot: string]: Leaf | LeafScalar | Inner;
  readonly mean: Leaf;
  readonly count: LeafScalar;
  readonly inner: Inner;
}

/**
 * Takes the mean of the gradients of `every` micro-steps and then one inner step with it; at the other micro-steps parameters and
 * inner state keep their bits.
 *
 * The mean is over the gradients that a leaf got: a null one, or one in a step that was skipped on data, does not count. A leaf that
 * has none at the very micro-step at which the step is taken keeps what it gathered for the next one. Inside, `step` and schedules
 * count inner steps. A clip inside clips the mean; a clip before `accumulate` clips each micro-batch.
 * @throws {InvalidOptionError} if `every` is not a whole number above 0.
 * @see optax.MultiSteps
 * @example accumulate(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1e-3 })), { every: 4 })
 */
export function accumulate<State extends StateTree, Y extends Yields>(
  inner: GradientTransform<State, Y>,
  options: AccumulateOptions,
): GradientTransform<AccumulateState<State>, Y>;
export function accumulate(inner: AnyTransform, options: AccumulateOptions): AnyTransform {
  requireTransform("accumulate's inner transform", inner);
  checkOptionNames('accumulate', options, ['every']);
  const { every: given } = options;
  return defineTransform({
    name: 'accumulate',
    options,
    schema: { every: structuralNumber({ integer: true, above: 0, example: 4 }) },
    yields: inner.yields,
    inner: [inner],
    init: (params, context): AccumulateState<StateTree> => ({
      mean: zerosLike(params),
      count: leafScalar(params, 0),
      inner: context.inner[0]?.init(params) ?? {},
    }),
    update: (updates, state, context) => {
      const { every } = context.settings;
      const count = add(state.count, 1);
      const mean = add(state.mean, div(sub(updates, state.mean), count));
      if (!context.decide((step) => (step + 1) % every === 0)) {
        return { updates: restrictTensor(updates, new Set()), state: { ...state, mean, count } };
      }
      const clock = (step: number): number => Math.floor(step / every);
      const result = context.inner[0]?.update(mean, state.inner, { clock }) ?? {
        updates: mean,
        state: state.inner,
      };
      const { state: after, ...rest } = result;
      return { ...rest, state: { mean: zerosLike(mean), count: leafScalar(mean, 0), inner: after } };
    },
    optionsToJSON: () => ({ inner: toPlainJSON(inner), every: given }),
  });
}
