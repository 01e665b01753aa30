import { defineTransform } from './defineTransform.ts';
import type { AnyTransform, GradientTransform, StateTree, Yields } from './gradientTransform.ts';
import { requireTransform, toPlainJSON } from './chain.ts';
import { readEmptyOptions, type EmptyOptions } from './emptyOptions.ts';
import { readPredicate, type LeafPredicate, type ReadPredicate } from './leafPredicate.ts';
import { overlayTensor, restrictTensor } from './stateTree.ts';

/**
 * Runs a transform on some leaves only; the others pass unchanged. Norms inside see only those leaves.
 *
 * Under an optimizer as `inner` the other leaves still need one: use `partition`, or `freeze` them.
 * @throws {InvalidOptionError} if `inner` is not a transform or the predicate is neither a pattern nor a function; where it runs, if no
 *   leaf matches, unless `{ allowEmpty: true }` says that this is meant.
 * @example masked(addDecayedWeights({ weightDecay: 0.01 }), { minRank: 2 })
 */
export function masked<State extends StateTree, Y extends Yields>(
  inner: GradientTransform<State, Y>,
  predicate: LeafPredicate,
  options?: EmptyOptions,
): GradientTransform<readonly [State], Y>;
export function masked(
  inner: AnyTransform,
  predicate: LeafPredicate,
  options: EmptyOptions = {},
): AnyTransform {
  requireTransform("masked's inner transform", inner);
  return maskedBy(inner, readPredicate('masked', predicate), readEmptyOptions('masked', options));
}

/** {@link masked} by a predicate that is judged already, whose errors name whom it belongs to. */
export function maskedBy(
  inner: AnyTransform,
  meant: ReadPredicate,
  empty: { readonly allowEmpty: boolean } = { allowEmpty: false },
): AnyTransform {
  return defineTransform({
    name: 'masked',
    options: {},
    schema: {},
    naming: 'none',
    yields: inner.yields,
    inner: [inner],
    narrow: (leaves) => [meant.select(leaves, empty)],
    init: (params, { inner: [part], split }): StateTree => {
      const some =
        split(params, (leaf) => String(meant.matches(leaf))).get('true') ?? restrictTensor(params, new Set());
      return part === undefined ? [] : [part.init(some)];
    },
    update: (updates, state, { inner: [part], split }) => {
      const none = restrictTensor(updates, new Set());
      const { true: some = none, false: others } = Object.fromEntries(
        split(updates, (leaf) => String(meant.matches(leaf))),
      );
      const [before] = Array.isArray(state) ? state : [];
      if (part === undefined || before === undefined) return { updates, state };
      const { updates: changed, state: after, ...rest } = part.update(some, before);
      return {
        ...rest,
        updates: others === undefined ? changed : overlayTensor(others, changed),
        state: [after],
      };
    },
    optionsToJSON: () => ({
      inner: toPlainJSON(inner),
      leaves: meant.toJSON(),
      ...(empty.allowEmpty ? { allowEmpty: true } : {}),
    }),
  });
}
