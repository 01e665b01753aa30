import { add, allOverLeaves, isFinite, lessEqual, logicalAnd, logicalNot, scalar, where } from './algebra.ts';
import { eitherHold, requireTransform, toPlainJSON } from './chain.ts';
import { checkOptionNames } from './checkOptionNames.ts';
import { callAround } from './checkOptions.ts';
import { defineTransform } from './defineTransform.ts';
import type { AnyTransform, GradientTransform, StateTree, Yields } from './gradientTransform.ts';
import { numberToJSON } from './jsonValue.ts';
import { structuralNumber } from './option.ts';
import { holdState } from './stateTree.ts';
import { noGroup, symbolicTensor, type Mask, type Scalar } from './symbolicTensor.ts';

/** The options of {@link skipNonFinite}. */
export interface SkipNonFiniteOptions {
  /** How many steps in a row are skipped at most; the next one goes through, NaN and all, until a finite one. Default: no limit. */
  readonly maxConsecutive?: number;
}

/** The state of {@link skipNonFinite}: its counters and the state of what it wraps. */
export interface SkipNonFiniteState<Inner extends StateTree> {
  readonly [slot: string]: Scalar | Inner;
  readonly consecutive: Scalar;
  readonly total: Scalar;
  readonly inner: Inner;
}

/**
 * Skips a step whose incoming updates hold NaN or an infinity: parameters and all inner state, counters included, keep their bits.
 *
 * Nothing is read back to decide it, so it costs no stall on a device. The host's clock (schedules, the windows of an `accumulate`
 * inside) goes on, where Optax's stands still: a window in which one of four micro-steps is skipped takes its step at the fourth, with
 * the mean of three. Reports `skipped` (1 or 0), `consecutive` and `total`, which float32 counts up to 16,777,216.
 * @throws {InvalidOptionError} if `maxConsecutive` is not a whole number above 0 (or Infinity).
 * @see optax.apply_if_finite, whose count of allowed errors it keeps.
 * @example skipNonFinite(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1e-3 })), { maxConsecutive: 5 })
 */
export function skipNonFinite<State extends StateTree, Y extends Yields>(
  inner: GradientTransform<State, Y>,
  options?: SkipNonFiniteOptions,
): GradientTransform<SkipNonFiniteState<State>, Y>;
export function skipNonFinite(inner: AnyTransform, options: SkipNonFiniteOptions = {}): AnyTransform {
  requireTransform("skipNonFinite's inner transform", inner);
  const schema = { maxConsecutive: structuralNumber({ integer: true, above: 0, example: 5 }) };
  checkOptionNames('skipNonFinite', options, ['maxConsecutive'], () =>
    callAround({ name: 'skipNonFinite', options, schema, inner: [inner] }),
  );
  const { maxConsecutive = Infinity } = options;
  return defineTransform({
    name: 'skipNonFinite',
    options: { maxConsecutive: maxConsecutive === Infinity ? Number.MAX_SAFE_INTEGER : maxConsecutive },
    schema,
    yields: inner.yields,
    inner: [inner],
    init: (params, context): SkipNonFiniteState<StateTree> => ({
      consecutive: scalar(0),
      total: scalar(0),
      inner: context.inner[0]?.init(params) ?? {},
    }),
    update: (updates, state, context) => {
      // In a flush nothing comes in that could be judged.
      if (updates.pieces.size === 0 && context.decide((_, { flushedAt }) => flushedAt !== undefined)) {
        const { state: after, ...rest } = context.inner[0]?.update(updates, state.inner) ?? {
          updates,
          state: state.inner,
        };
        return { ...rest, state: { ...state, inner: after } };
      }
      const finite = allOverLeaves(isFinite(updates));
      const consecutive = where(finite, 0, add(state.consecutive, 1));
      const skipped = logicalAnd(logicalNot(finite), lessEqual(consecutive, context.settings.maxConsecutive));
      const total = where(skipped, add(state.total, 1), state.total);
      const result = context.inner[0]?.update(updates, state.inner) ?? { updates, state: state.inner };
      const incoming = new Set(updates.pieces.keys());
      const groups = new Set([...incoming, ...result.updates.pieces.keys()]);
      const hold = spread(skipped, incoming);
      const after = holdState(hold, {
        owner: 'skipNonFinite',
        before: state.inner,
        after: result.state,
        groups,
      });
      return {
        updates: result.updates,
        state: { consecutive, total, inner: after },
        report: { skipped: where(skipped, 1, 0), consecutive, total },
        // Over the leaves that came in, not those that go out: the transforms before this one saw the same numbers.
        hold: eitherHold(hold, result.hold) ?? hold,
      };
    },
    optionsToJSON: () => ({ inner: toPlainJSON(inner), maxConsecutive: numberToJSON(maxConsecutive) }),
  });
}

function spread(condition: Mask<'scalar'>, groups: ReadonlySet<number>): Mask<'leafScalar'> {
  const piece = condition.pieces.get(noGroup);
  const entries =
    piece === undefined ? [] : Array.from(groups, (group): [number, typeof piece] => [group, piece]);
  return symbolicTensor('leafScalar', 'bool', new Map(entries));
}
