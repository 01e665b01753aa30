import {
  add,
  defineTransform,
  div,
  hyperparameter,
  lessEqual,
  mul,
  normOverLeaves,
  structuralNumber,
  where,
  type EmptyState,
  type GradientTransform,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link clipByGlobalNorm}. */
export interface ClipByGlobalNormOptions {
  /** The largest norm that passes unchanged, in units of the gradient; Infinity measures only. */
  readonly maxNorm: number | Schedule;
  /** The order of the norm: 1, 2, any number above 0, or Infinity. Default 2. */
  readonly normType?: number;
  /** Added to the norm before it is compared and divided by. Default 0; 1e-6 is PyTorch's. */
  readonly epsilon?: number | Schedule;
}

/**
 * Scales every gradient by one common factor so that their joint norm is at most `maxNorm`; the direction is kept.
 *
 * Shapes: any tree; the norm is one scalar over all of its leaves. Reports `norm` (before clipping) and `scale`, in (0, 1].
 * Edges: up to `maxNorm` the bits are untouched. A NaN anywhere makes every entry NaN; an infinite entry becomes NaN and the
 * finite ones 0. The norm is right whenever it is a finite float32, from 1e-38 to 1e38; a larger one is infinite, and finite entries
 * become 0. Null gradients do not count.
 * @throws {InvalidOptionError} if a number is NaN, negative or zero where it must not be, or an option is unknown.
 * @see Pascanu et al. 2013, https://arxiv.org/abs/1211.5063. Optax agrees at epsilon 0, PyTorch at 1e-6.
 * @example clipByGlobalNorm({ maxNorm: 1 }) // gradients (3, 4) become (0.6, 0.8)
 */
export function clipByGlobalNorm(
  options: ClipByGlobalNormOptions,
): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name: 'clipByGlobalNorm',
    options,
    schema: {
      maxNorm: hyperparameter({ above: 0, infinite: true }),
      normType: structuralNumber({ above: 0, infinite: true, fallback: 2 }),
      epsilon: hyperparameter({ atLeast: 0, fallback: 0, example: 1e-6 }),
    },
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { hyperparameters: { maxNorm, epsilon }, settings }) => {
      const norm = normOverLeaves(updates, { order: settings.normType });
      const bound = add(norm, epsilon);
      const isWithin = lessEqual(bound, maxNorm);
      const scale = where(isWithin, 1, div(maxNorm, bound));
      return { updates: where(isWithin, updates, mul(updates, scale)), state, report: { norm, scale } };
    },
  });
}
