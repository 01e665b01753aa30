import { isNaN, sumOverLeaves, where } from './algebra.ts';
import { defineTransform } from './defineTransform.ts';
import type { EmptyState, GradientTransform } from './gradientTransform.ts';

/**
 * Replaces every NaN by 0; everything else, infinities included, keeps its bits. Reports `count`, the number of NaNs.
 *
 * It hides a fault that `skipNonFinite` would step over as a whole: an optimizer with momentum takes the zeros as gradients.
 * @see optax.zero_nans
 * @example chain(zeroNans(), clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1e-3 }))
 */
export function zeroNans(): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name: 'zeroNans',
    options: {},
    schema: {},
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state) => {
      const isMissing = isNaN(updates);
      return {
        updates: where(isMissing, 0, updates),
        state,
        report: { count: sumOverLeaves(where(isMissing, 1, 0)) },
      };
    },
  });
}
