import {
  add,
  defineTransform,
  div,
  hyperparameter,
  lessEqual,
  mul,
  norm as normOfLeaf,
  structuralNumber,
  where,
  type EmptyState,
  type GradientTransform,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link clipByNorm}. */
export interface ClipByNormOptions {
  /** The largest norm of one leaf that passes unchanged, in units of the gradient. */
  readonly maxNorm: number | Schedule;
  /** The order of the norm: 1, 2, any number above 0, or Infinity. Default 2. */
  readonly normType?: number;
  /** Added to the norm before it is compared and divided by. Default 0. */
  readonly epsilon?: number | Schedule;
}

/**
 * Scales each leaf by a factor of its own so that its norm is at most `maxNorm`; the direction of each leaf is kept, that of the
 * whole gradient is not.
 *
 * Reports `norm` and `scale` for each leaf. Edges: those of `clipByGlobalNorm`, in each leaf by itself: a NaN spoils its leaf only.
 * @throws {InvalidOptionError} if a number is NaN, negative or zero where it must not be, or an option is unknown.
 * @see Keras calls this `clipnorm`.
 * @example clipByNorm({ maxNorm: 1 }) // leaves (3, 4) and (0.5) become (0.6, 0.8) and (0.5)
 */
export function clipByNorm(options: ClipByNormOptions): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name: 'clipByNorm',
    options,
    schema: {
      maxNorm: hyperparameter({ above: 0, infinite: true }),
      normType: structuralNumber({ above: 0, infinite: true, fallback: 2 }),
      epsilon: hyperparameter({ atLeast: 0, fallback: 0, example: 1e-6 }),
    },
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { hyperparameters: { maxNorm, epsilon }, settings }) => {
      const norm = normOfLeaf(updates, { order: settings.normType });
      const bound = add(norm, epsilon);
      const isWithin = lessEqual(bound, maxNorm);
      const scale = where(isWithin, 1, div(maxNorm, bound));
      return { updates: where(isWithin, updates, mul(updates, scale)), state, report: { norm, scale } };
    },
  });
}
