import { defineTransform } from './defineTransform.ts';
import type { AnyTransform, GradientTransform, StateTree, Yields } from './gradientTransform.ts';
import { requireTransform, toPlainJSON } from './chain.ts';
import { predicateToJSON, toLeafFunction, type LeafPredicate } from './leafPredicate.ts';
import { overlayTensor, restrictTensor } from './stateTree.ts';

/**
 * Runs a transform on some leaves only; the others pass unchanged. Norms inside see only those leaves.
 *
 * Under an optimizer as `inner` the other leaves still need one: use `partition`, or `freeze` them.
 * @throws {InvalidOptionError} if `inner` is not a transform or the predicate is neither a pattern nor a function.
 * @example masked(addDecayedWeights({ weightDecay: 0.01 }), { minRank: 2 })
 */
export function masked<State extends StateTree, Y extends Yields>(
  inner: GradientTransform<State, Y>,
  predicate: LeafPredicate,
): GradientTransform<readonly [State], Y>;
export function masked(inner: AnyTransform, predicate: LeafPredicate): AnyTransform {
  requireTransform("masked's inner transform", inner);
  const isMeant = toLeafFunction('masked', predicate);
  return defineTransform({
    name: 'masked',
    options: {},
    schema: {},
    naming: 'none',
    yields: inner.yields,
    inner: [inner],
    init: (params, { inner: [part], split }): StateTree => {
      const meant =
        split(params, (leaf) => String(isMeant(leaf))).get('true') ?? restrictTensor(params, new Set());
      return part === undefined ? [] : [part.init(meant)];
    },
    update: (updates, state, { inner: [part], split }) => {
      const none = restrictTensor(updates, new Set());
      const { true: meant = none, false: others } = Object.fromEntries(
        split(updates, (leaf) => String(isMeant(leaf))),
      );
      const [before] = Array.isArray(state) ? state : [];
      if (part === undefined || before === undefined) return { updates, state };
      const { updates: changed, state: after, ...rest } = part.update(meant, before);
      return {
        ...rest,
        updates: others === undefined ? changed : overlayTensor(others, changed),
        state: [after],
      };
    },
    optionsToJSON: () => ({ inner: toPlainJSON(inner), leaves: predicateToJSON('masked', predicate) }),
  });
}
