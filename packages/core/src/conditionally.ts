import { requireTransform, toPlainJSON } from './chain.ts';
import { describeValue } from './checkOptionNames.ts';
import { checkOptions } from './checkOptions.ts';
import { defineTransform, optionToJSON } from './defineTransform.ts';
import { InvalidOptionError } from './errors.ts';
import type { AnyTransform, GradientTransform, StateTree, Yields } from './gradientTransform.ts';
import type { JsonValue } from './jsonValue.ts';
import { structuralNumber } from './option.ts';
import { restrictTensor } from './stateTree.ts';

/** Steps as data: those from `from` on, before `until`, every `every`-th counted from `from`. */
export interface StepRange {
  readonly from?: number;
  readonly until?: number;
  readonly every?: number;
}

/** Which steps are meant: a range, which can be written as JSON, or a pure function of the step. */
export type StepPredicate = StepRange | ((step: number) => boolean);

/**
 * Runs a transform at some steps only; at the others gradients pass unchanged and the inner state keeps its bits.
 *
 * If `inner` is an optimizer, there is no step at all at the others: its gradients must not reach the parameters. The host asks
 * before each step, so a step that is left out costs nothing. Schedules inside see the outer step.
 * @throws {InvalidOptionError} for a range that cannot be meant.
 * @see optax.conditionally_transform
 * @example chain(conditionally(clipByGlobalNorm({ maxNorm: 1 }), { until: 1000 }), adam({ learningRate: 1e-3 }))
 */
export function conditionally<State extends StateTree, Y extends Yields>(
  inner: GradientTransform<State, Y>,
  when: StepPredicate,
): GradientTransform<readonly [State], Y>;
export function conditionally(inner: AnyTransform, when: StepPredicate): AnyTransform {
  requireTransform("conditionally's inner transform", inner);
  const isMeant = toStepFunction(inner, when);
  const steps = typeof when === 'function' ? when : { ...when };
  return defineTransform({
    name: 'conditionally',
    options: {},
    schema: {},
    naming: 'none',
    yields: inner.yields,
    inner: [inner],
    init: (params, context): StateTree => context.inner.map((part) => part.init(params)),
    update: (updates, state, context) => {
      const [part] = context.inner;
      const [before] = Array.isArray(state) ? state : [];
      if (part === undefined || before === undefined) return { updates, state };
      // In a flush, what is gathered inside has come in at steps that were meant.
      const isEmpty = updates.pieces.size === 0;
      if (context.decide((step, { flushedAt }) => (isEmpty && flushedAt !== undefined) || isMeant(step))) {
        const { state: after, ...rest } = part.update(updates, before);
        return { ...rest, state: [after] };
      }
      return { updates: inner.yields === 'updates' ? restrictTensor(updates, new Set()) : updates, state };
    },
    optionsToJSON: () => ({ inner: toPlainJSON(inner), when: stepsToJSON(steps) }),
  });
}

function toStepFunction(inner: AnyTransform, when: StepPredicate): (step: number) => boolean {
  if (typeof when === 'function') {
    return (step) => {
      const answer: unknown = when(step);
      if (typeof answer === 'boolean') return answer;
      throw new InvalidOptionError(
        `conditionally: the function of the step gave ${describeValue(answer)} at step ${step}; it must give true or false.`,
      );
    };
  }
  const schema = {
    from: structuralNumber({ integer: true, atLeast: 0, fallback: 0 }),
    until: structuralNumber({ atLeast: 0, infinite: true, fallback: Infinity, example: 1000 }),
    every: structuralNumber({ integer: true, above: 0, fallback: 1 }),
  };
  checkOptions({ name: 'conditionally', options: when, schema, inner: [inner] });
  const { from = 0, until = Infinity, every = 1 } = when;
  return (step) => step >= from && step < until && (step - from) % every === 0;
}

function stepsToJSON(when: StepPredicate): JsonValue {
  if (typeof when !== 'function') {
    return Object.fromEntries(
      Object.entries(when).map(([name, value]) => [
        name,
        optionToJSON({ owner: 'conditionally', name }, value),
      ]),
    );
  }
  throw new InvalidOptionError(
    `conditionally: ${describeValue(when)} is a bare function and cannot be written as JSON. Give a range: { from, until, every }.`,
  );
}
