import {
  callAround,
  callWith,
  checkOptionNames,
  defineTransform,
  greater,
  hyperparameter,
  InvalidOptionError,
  less,
  logicalOr,
  meanOverLeaves,
  neg,
  where,
  type EmptyState,
  type GradientTransform,
  type Leaf,
  type LeafScalar,
  type Scalar,
  type Schedule,
} from '@gradkit/core';

/** The options of {@link clipByValue}: a range, or a limit on both sides. */
export type ClipByValueOptions =
  | { readonly min: number | Schedule; readonly max: number | Schedule; readonly limit?: never }
  | { readonly limit: number | Schedule; readonly min?: never; readonly max?: never };

/**
 * Limits every entry to [min, max], or to [-limit, limit]; the direction of the gradient may change.
 *
 * Shapes: any tree, entry by entry. Edges: NaN stays NaN, -0 stays -0, an infinity becomes the bound; entries within keep their
 * bits. Where `max` comes to lie below `min` (schedules that cross, a number that is assigned), every entry becomes `max`. Reports
 * `clippedFraction`, the share of all entries that were moved, in [0, 1].
 * @throws {InvalidOptionError} if a bound is NaN, `limit` is not above 0, `min` is above `max`, or both forms are mixed.
 * @see torch.nn.utils.clip_grad_value_, optax.clip
 * @example clipByValue({ limit: 0.5 }) // (0.2, -3) becomes (0.2, -0.5)
 */
export function clipByValue(options: ClipByValueOptions): GradientTransform<EmptyState, 'gradients'> {
  checkOptionNames('clipByValue', options, ['min', 'max', 'limit'], () =>
    callAround({ name: 'clipByValue', options, schema: limitSchema }),
  );
  const { min, max, limit } = options;
  if (min === undefined && max === undefined) return clipToLimit({ limit });
  if (limit === undefined) return clipToRange({ min, max });
  const remedy = callWith({ name: 'clipByValue', options: { limit }, schema: limitSchema });
  throw new InvalidOptionError(
    `clipByValue takes min and max, or limit for [-limit, limit], but was given both. Leave one of them out: ${remedy}.`,
    { remedy },
  );
}

const limitSchema = { limit: hyperparameter({ above: 0, infinite: true }) } as const;

function clipToLimit(options: object): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name: 'clipByValue',
    options,
    schema: limitSchema,
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { hyperparameters: { limit } }) => ({
      state,
      ...clipEntries(updates, neg(limit), limit),
    }),
  });
}

function clipToRange(options: {
  min: number | Schedule | undefined;
  max: number | Schedule | undefined;
}): GradientTransform<EmptyState, 'gradients'> {
  const { min, max } = options;
  const transform = defineTransform({
    name: 'clipByValue',
    options,
    schema: {
      // What messages say to write keeps to its side of what is there.
      min: hyperparameter({ infinite: true, example: typeof max === 'number' && max < -1 ? max : -1 }),
      max: hyperparameter({ infinite: true, example: typeof min === 'number' && min > 1 ? min : 1 }),
    },
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, { hyperparameters }) => ({
      state,
      ...clipEntries(updates, hyperparameters.min, hyperparameters.max),
    }),
  });
  if (typeof min === 'number' && typeof max === 'number' && min > max) {
    const remedy = `clipByValue({ min: ${max}, max: ${min} })`;
    throw new InvalidOptionError(`clipByValue: min (${min}) is above max (${max}). Swap them: ${remedy}.`, {
      remedy,
    });
  }
  return transform;
}

// Selections, not minimum and maximum: those turn -0 into 0 at a bound of 0.
function clipEntries(
  updates: Leaf,
  min: Scalar,
  max: Scalar,
): { updates: Leaf; report: { readonly [name: string]: Scalar | LeafScalar } } {
  const isBelow = less(updates, min);
  const raised = where(isBelow, min, updates);
  return {
    updates: where(greater(raised, max), max, raised),
    report: { clippedFraction: meanOverLeaves(where(logicalOr(isBelow, greater(updates, max)), 1, 0)) },
  };
}
