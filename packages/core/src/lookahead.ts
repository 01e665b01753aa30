import { add, mul, sub } from './algebra.ts';
import { requireTransform, toPlainJSON } from './chain.ts';
import { defineTransform, optionToJSON } from './defineTransform.ts';
import { endWithOptimizer } from './endWithOptimizer.ts';
import type { AnyTransform, GradientTransform, StateTree } from './gradientTransform.ts';
import { InvalidOptionError } from './errors.ts';
import { hyperparameter, structuralNumber } from './option.ts';
import type { Schedule } from './schedule.ts';
import { overlayHeld, restrictTensor } from './stateTree.ts';
import type { Leaf } from './symbolicTensor.ts';

/** The options of {@link lookahead}. */
export interface LookaheadOptions {
  /** How many steps of the inner optimizer lie between two of the slow weights. Default 5. */
  readonly every?: number;
  /** How far the slow weights go towards the fast ones: alpha in the paper. Default 0.5. */
  readonly slowStepSize?: number | Schedule;
}

/** The state of {@link lookahead}: the slow weights and the state of what it wraps. */
export interface LookaheadState<Inner extends StateTree> {
  readonly [slot: string]: Leaf | Inner;
  readonly slow: Leaf;
  readonly inner: Inner;
}

/**
 * Lets an optimizer run ahead with the parameters, and every `every` steps moves slow weights by `slowStepSize` towards where it
 * has come to and sets the parameters to them.
 *
 * A leaf that takes no step just then (a null gradient, `freeze`, `accumulate`, a step that is skipped on data) keeps its slow
 * weights until the next time.
 * @throws {InvalidOptionError} if `inner` yields gradients: it needs an optimizer.
 * @see Zhang et al. 2019, Lookahead Optimizer: k steps forward, 1 step back, https://arxiv.org/abs/1907.08610
 * @example lookahead(adam({ learningRate: 1e-3 }), { every: 5, slowStepSize: 0.5 })
 */
export function lookahead<State extends StateTree>(
  inner: GradientTransform<State, 'updates'>,
  options?: LookaheadOptions,
): GradientTransform<LookaheadState<State>, 'updates'>;
export function lookahead(inner: AnyTransform, options: LookaheadOptions = {}): AnyTransform {
  requireTransform("lookahead's inner transform", inner);
  if (inner.yields !== 'updates') {
    const { advice, remedy } = endWithOptimizer(inner);
    throw new InvalidOptionError(
      `lookahead needs an optimizer to run ahead, but ${inner.name} yields gradients. ${advice}.`,
      { remedy },
    );
  }
  // A copy, and of what is no object nothing, which defineTransform refuses.
  const { every, slowStepSize }: LookaheadOptions = { ...options };
  return defineTransform({
    name: 'lookahead',
    options,
    schema: {
      every: structuralNumber({ integer: true, above: 0, fallback: 5 }),
      slowStepSize: hyperparameter({ atLeast: 0, atMost: 1, fallback: 0.5 }),
    },
    yields: 'updates',
    inner: [inner],
    init: (params, context): LookaheadState<StateTree> => ({
      slow: params,
      inner: context.inner[0]?.init(params) ?? {},
    }),
    update: (updates, state, context) => {
      const { every: steps } = context.settings;
      const isSync = context.decide((step) => (step + 1) % steps === 0);
      const result = context.inner[0]?.update(updates, state.inner) ?? { updates, state: state.inner };
      const { state: after, ...rest } = result;
      if (!isSync) return { ...rest, state: { ...state, inner: after } };
      const moving = new Set(result.updates.pieces.keys());
      const params = restrictTensor(context.params, moving);
      const before = restrictTensor(state.slow, moving);
      const fast = add(params, result.updates);
      const target = add(before, mul(context.hyperparameters.slowStepSize, sub(fast, before)));
      const move = sub(target, params);
      // What the parameters will be to the bit, so that slow and fast weights are one again.
      const slow = add(params, move);
      const kept = result.hold === undefined ? slow : overlayHeld(result.hold, before, slow);
      return { ...rest, updates: move, state: { slow: kept, inner: after } };
    },
    optionsToJSON: () => ({
      inner: toPlainJSON(inner),
      ...(every === undefined ? {} : { every }),
      ...(slowStepSize === undefined
        ? {}
        : { slowStepSize: optionToJSON({ owner: 'lookahead', name: 'slowStepSize' }, slowStepSize) }),
    }),
  });
}
