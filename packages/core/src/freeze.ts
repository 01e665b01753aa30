import { defineTransform } from './defineTransform.ts';
import type { EmptyState, GradientTransform } from './gradientTransform.ts';
import { predicateToJSON, toLeafFunction, type LeafPredicate } from './leafPredicate.ts';
import { restrictTensor } from './stateTree.ts';

/**
 * Takes leaves out of the step: their parameters keep their bits, later transforms neither see their gradients nor touch the state
 * that they keep for them.
 *
 * Put it first, so that a norm after it is over the trained leaves only. A parameter that is frozen so may hold NaN.
 * @throws {InvalidOptionError} if the predicate is neither a pattern nor a function.
 * @example chain(freeze({ name: 'embedding*' }), clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1e-3 }))
 */
export function freeze(predicate: LeafPredicate): GradientTransform<EmptyState, 'gradients'> {
  const isFrozen = toLeafFunction('freeze', predicate);
  return defineTransform({
    name: 'freeze',
    options: {},
    schema: {},
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { split }) => {
      const trained = split(updates, (leaf) => String(!isFrozen(leaf))).get('true');
      return { updates: trained ?? restrictTensor(updates, new Set()), state };
    },
    optionsToJSON: () => ({ leaves: predicateToJSON('freeze', predicate) }),
  });
}
