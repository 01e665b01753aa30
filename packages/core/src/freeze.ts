import { defineTransform } from './defineTransform.ts';
import type { EmptyState, GradientTransform } from './gradientTransform.ts';
import { readEmptyOptions, type EmptyOptions } from './emptyOptions.ts';
import { readPredicate, type LeafPredicate } from './leafPredicate.ts';
import { restrictTensor } from './stateTree.ts';

/**
 * Takes leaves out of the step: their parameters keep their bits, later transforms neither see their gradients nor touch the state
 * that they keep for them.
 *
 * Put it first, so that a norm after it is over the trained leaves only. A parameter that is frozen so may hold NaN.
 * @throws {InvalidOptionError} if the predicate is neither a pattern nor a function; where it runs, if no leaf matches, unless
 *   `{ allowEmpty: true }` says that this is meant.
 * @example chain(freeze({ name: 'embedding*' }), clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1e-3 }))
 */
export function freeze(
  predicate: LeafPredicate,
  options: EmptyOptions = {},
): GradientTransform<EmptyState, 'gradients'> {
  const frozen = readPredicate('freeze', predicate);
  const empty = readEmptyOptions('freeze', options);
  return defineTransform({
    name: 'freeze',
    options: {},
    schema: {},
    yields: 'gradients',
    narrow: (leaves) => {
      frozen.select(leaves, empty);
      return [];
    },
    init: (): EmptyState => ({}),
    update: (updates, state, { split }) => {
      const trained = split(updates, (leaf) => String(!frozen.matches(leaf))).get('true');
      return { updates: trained ?? restrictTensor(updates, new Set()), state };
    },
    optionsToJSON: () => ({ leaves: frozen.toJSON(), ...(empty.allowEmpty ? { allowEmpty: true } : {}) }),
  });
}
