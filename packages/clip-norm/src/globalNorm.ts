import {
  defineTransform,
  normOverLeaves,
  structuralNumber,
  type EmptyState,
  type GradientTransform,
} from '@gradkit/core';

/** The options of {@link globalNorm}. */
export interface GlobalNormOptions {
  /** The order of the norm: 1, 2, any number above 0, or Infinity. Default 2. */
  readonly normType?: number;
}

/**
 * Measures the joint norm of all gradients and changes none of them. Reports `norm`. It costs no pass of its own.
 *
 * @throws {InvalidOptionError} if `normType` is not a number above 0.
 * @example chain(globalNorm(), clipByValue({ limit: 0.5 }), sgd({ learningRate: 0.1 })) // report: globalNorm.norm
 */
export function globalNorm(options: GlobalNormOptions = {}): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name: 'globalNorm',
    options,
    schema: { normType: structuralNumber({ above: 0, infinite: true, fallback: 2 }) },
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { settings }) => ({
      updates,
      state,
      report: { norm: normOverLeaves(updates, { order: settings.normType }) },
    }),
  });
}
