import { add, div, equal, leafScalar, sub, zerosLike } from './algebra.ts';
import { eitherHold, requireTransform, toPlainJSON } from './chain.ts';
import { checkOptionNames } from './checkOptionNames.ts';
import { callAround, callWith } from './checkOptions.ts';
import { defineTransform, optionToJSON } from './defineTransform.ts';
import type { AnyTransform, GradientTransform, StateTree, Yields } from './gradientTransform.ts';
import { checkOption, isSchedule, structuralNumber, type Option } from './option.ts';
import type { Schedule } from './schedule.ts';
import { holdState, overlayTensor, restrictTensor } from './stateTree.ts';
import type { Leaf, LeafScalar } from './symbolicTensor.ts';
import { windowsOf } from './windows.ts';

/** The options of {@link accumulate}. */
export interface AccumulateOptions {
  /** How many micro-steps make one step: a number, or a schedule that is asked with the number of the inner step, 0 at the first. */
  readonly every: number | Schedule;
}

/** The state of {@link accumulate}: the mean so far, how many gradients are in it, and the state of what it wraps. */
export interface AccumulateState<Inner extends StateTree> {
  readonly [slot: string]: Leaf | LeafScalar | Inner;
  readonly mean: Leaf;
  readonly count: LeafScalar;
  readonly inner: Inner;
}

/**
 * Takes the mean of the gradients of `every` micro-steps and then one inner step with it; at the other micro-steps parameters and
 * inner state keep their bits.
 *
 * The mean is over the gradients that a leaf got: a null one, or one in a step that was skipped on data, does not count. A leaf that
 * has none at the very micro-step at which the step is taken keeps what it gathered for the next one. Inside, `step` and schedules
 * count inner steps. A clip inside clips the mean; a clip before `accumulate` clips each micro-batch.
 *
 * A window that is not full when training ends is used by `flush()` of a stepper or an optimizer: it takes the inner step with the mean
 * of what is there, and the next step begins a new window. A leaf that holds nothing then takes no step.
 * @throws {InvalidOptionError} if `every` is neither a whole number above 0 nor a schedule, and from a step if the schedule gives
 *   anything else.
 * @see optax.MultiSteps, whose every_k_schedule is asked with the number of the inner step too.
 * @example accumulate(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1e-3 })), { every: 4 })
 */
export function accumulate<State extends StateTree, Y extends Yields>(
  inner: GradientTransform<State, Y>,
  options: AccumulateOptions,
): GradientTransform<AccumulateState<State>, Y>;
export function accumulate(inner: AnyTransform, options: AccumulateOptions): AnyTransform {
  requireTransform("accumulate's inner transform", inner);
  const schema = { every: everyOption };
  const call = { name: 'accumulate', options, schema, inner: [inner] };
  checkOptionNames('accumulate', options, ['every'], () => callAround(call));
  const remedy = (): string => callWith(call);
  const every = checkOption({ owner: 'accumulate', name: 'every', remedy }, everyOption, options.every);
  const windows = windowsOf('accumulate', every);
  return defineTransform({
    name: 'accumulate',
    options: { every },
    schema,
    yields: inner.yields,
    inner: [inner],
    windows,
    init: (params, context): AccumulateState<StateTree> => ({
      mean: zerosLike(params),
      count: leafScalar(params, 0),
      inner: context.inner[0]?.init(params) ?? {},
    }),
    update: (updates, state, context) => {
      // In a flush leaves come in only from another accumulate before or around this one.
      const incoming = new Set(updates.pieces.keys());
      const before = restrictTensor(state.count, incoming);
      const count = overlayTensor(state.count, add(before, 1));
      const meanBefore = restrictTensor(state.mean, incoming);
      const mean = overlayTensor(
        state.mean,
        add(meanBefore, div(sub(updates, meanBefore), restrictTensor(count, incoming))),
      );
      const isFlush = context.decide((_, { flushedAt }) => flushedAt !== undefined);
      if (!isFlush && !context.decide((step) => windows.startOf(windows.indexAt(step) + 1) === step + 1)) {
        return { updates: restrictTensor(updates, new Set()), state: { ...state, mean, count } };
      }
      const isBegun =
        isFlush &&
        context.decide((_, { flushedAt = 0 }) => windows.startOf(windows.indexAt(flushedAt)) < flushedAt);
      const flushed = isBegun ? new Set(state.mean.pieces.keys()) : incoming;
      // Only the data says what came in: a gradient may have been skipped, or null, at each micro-step.
      const hold = isBegun ? equal(restrictTensor(count, flushed), 0) : undefined;
      const given = restrictTensor(mean, flushed);
      const result = context.inner[0]?.update(
        given,
        state.inner,
        hold === undefined ? {} : { held: hold },
      ) ?? {
        updates: given,
        state: state.inner,
      };
      const after =
        hold === undefined
          ? result.state
          : holdState(hold, {
              owner: 'accumulate',
              before: state.inner,
              after: result.state,
              groups: new Set([...flushed, ...result.updates.pieces.keys()]),
            });
      const held = eitherHold(hold, result.hold);
      return {
        updates: result.updates,
        state: {
          mean: overlayTensor(mean, zerosLike(given)),
          count: overlayTensor(count, leafScalar(given, 0)),
          inner: after,
        },
        ...(held === undefined ? {} : { hold: held }),
      };
    },
    optionsToJSON: () => ({
      inner: toPlainJSON(inner),
      every: optionToJSON({ owner: 'accumulate', name: 'every' }, every),
    }),
  });
}

const wholeNumber = structuralNumber({ integer: true, above: 0 });

const everyOption: Option<number | Schedule, false> = {
  live: false,
  example: 4,
  expected: `${wholeNumber.expected} or a schedule of such (a function of the inner step)`,
  accepts: (value): value is number | Schedule => isSchedule(value) || wholeNumber.accepts(value),
};
