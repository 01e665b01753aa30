import {
  defineTransform,
  div,
  hyperparameter,
  lessEqual,
  maximum,
  mul,
  normOverUnit,
  where,
  type EmptyState,
  type GradientTransform,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link adaptiveGradientClip}. */
export interface AdaptiveGradientClipOptions {
  /** The largest ratio of a unit's gradient norm to its parameter norm: lambda in the paper. */
  readonly clipping: number | Schedule;
  /** The least parameter norm that is reckoned with, so that units that start at zero can move. Default 1e-3. */
  readonly epsilon?: number | Schedule;
}

/**
 * Scales the gradient of each unit (each output of a layer) so that its norm is at most `clipping` times the norm of that unit's
 * parameters.
 *
 * Shapes: a unit is a slice along the last axis, TensorFlow.js's outputs (`[in, out]`, `[height, width, in, out]`); a leaf with at
 * most one axis longer than 1 is one unit. The paper leaves out the last layer: use `masked`.
 * Edges: a NaN spoils its unit only; a zero gradient stays zero; up to the bound the bits are untouched.
 * @throws {InvalidOptionError} if a number cannot be meant. @throws {MissingParamsError} where there are no parameters.
 * @see Brock et al. 2021, equation 3, https://arxiv.org/abs/2102.06171; optax.adaptive_grad_clip (which reduces axis 0 only of a
 *   leaf with three axes)
 * @example masked(adaptiveGradientClip({ clipping: 0.01 }), { not: { name: 'head*' } })
 */
export function adaptiveGradientClip(
  options: AdaptiveGradientClipOptions,
): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name: 'adaptiveGradientClip',
    options,
    schema: {
      clipping: hyperparameter({ above: 0, example: 0.01 }),
      epsilon: hyperparameter({ above: 0, fallback: 1e-3 }),
    },
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { params, hyperparameters: { clipping, epsilon } }) => {
      const bound = mul(clipping, maximum(normOverUnit(params), epsilon));
      const norm = normOverUnit(updates);
      const isWithin = lessEqual(norm, bound);
      return { updates: where(isWithin, updates, mul(updates, div(bound, norm))), state };
    },
  });
}
