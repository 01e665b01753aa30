import { logicalOr } from './algebra.ts';
import { describeValue, isPlainObject } from './checkOptionNames.ts';
import { defineTransform, yieldsOf } from './defineTransform.ts';
import { InvalidOptionError } from './errors.ts';
import type {
  AnyTransform,
  EmptyState,
  GradientTransform,
  InnerTransform,
  InnerUpdate,
  StateTree,
  Yields,
} from './gradientTransform.ts';
import type { JsonValue } from './jsonValue.ts';
import { holdState, overlayTensor, restrictTensor } from './stateTree.ts';
import type { Leaf, Mask } from './symbolicTensor.ts';
import { isTransform } from './trace.ts';

/** The state of each transform, in order. */
export type StatesOf<T extends readonly AnyTransform[]> = {
  readonly [Index in keyof T]: T[Index] extends GradientTransform<infer State> ? State : never;
};

/** Updates if any of some transforms yields updates. */
export type YieldsOf<T extends AnyTransform> = 'updates' extends T['yields'] ? 'updates' : 'gradients';

/**
 * Runs transforms one after the other: each takes the updates of the one before it, and all see the same parameters, those before
 * the step.
 *
 * The order matters: `chain(clipByGlobalNorm(...), adam(...))` clips gradients, `chain(adam(...), clipByGlobalNorm(...))` clips the
 * step. Without transforms the updates pass unchanged. A leaf that one transform leaves out (`freeze`, `accumulate`) is not seen
 * by the later ones; a step that one holds on data is held for all.
 * @throws {InvalidOptionError} if something is not a transform; where it runs, if a leaf comes to a second optimizer, which would turn
 *   the first one's updates around.
 * @example chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1e-3 }))
 */
export function chain<const T extends readonly AnyTransform[]>(
  ...transforms: T
): GradientTransform<StatesOf<T>, YieldsOf<T[number]>>;
export function chain(...transforms: readonly AnyTransform[]): AnyTransform {
  transforms.forEach((transform, index) => requireTransform(`chain's argument ${index + 1}`, transform));
  return defineTransform({
    name: 'chain',
    options: {},
    schema: {},
    naming: 'none',
    yields: yieldsOf(transforms),
    inner: transforms,
    init: (params, { inner }): StateTree => inner.map((part) => part.init(params)),
    update: (updates, state, { inner }) => {
      const { states, ...rest } = updateInOrder(inner, {
        updates,
        states: Array.isArray(state) ? state : [],
      });
      return { ...rest, state: states };
    },
    optionsToJSON: () => ({ transforms: transforms.map((transform) => toPlainJSON(transform)) }),
  });
}

/**
 * {@link chain} with a name of its own for each transform, by which its reports, hyperparameters and state go: `clip.maxNorm`.
 *
 * Keys start with a letter and hold letters, digits, `_` and `-`.
 * @example namedChain({ clip: clipByGlobalNorm({ maxNorm: 1 }), adam: adam({ learningRate: 1e-3 }) })
 */
export function namedChain<const T extends Readonly<Record<string, AnyTransform>>>(
  transforms: T,
): GradientTransform<
  { readonly [K in keyof T]: T[K] extends GradientTransform<infer State> ? State : never },
  YieldsOf<T[keyof T]>
>;
export function namedChain(transforms: Readonly<Record<string, AnyTransform>>): AnyTransform {
  const { keys, inner } = partsByKey('namedChain', transforms);
  return defineTransform({
    name: 'namedChain',
    options: {},
    schema: {},
    naming: 'keys',
    keys,
    yields: yieldsOf(inner),
    inner,
    init: (params, context): StateTree =>
      byKey(
        keys,
        context.inner.map((part) => part.init(params)),
      ),
    update: (updates, state, context) => {
      const members = new Map<string, StateTree>(Object.entries(state));
      const states = keys.map((key) => members.get(key) ?? {});
      const { states: after, ...rest } = updateInOrder(context.inner, { updates, states });
      return { ...rest, state: byKey(keys, after) };
    },
    optionsToJSON: () => ({
      transforms: Object.fromEntries(
        inner.map((transform, index) => [keys[index] ?? '', toPlainJSON(transform)]),
      ),
    }),
  });
}

/** Passes the updates unchanged. */
export function identity(): GradientTransform<EmptyState, 'gradients'> {
  return defineTransform({
    name: 'identity',
    options: {},
    schema: {},
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state) => ({ updates, state }),
  });
}

/** The options of an alias as data, or a function that writes them when they are asked for. */
export type AliasOptions = TransformOptionsJSON | (() => TransformOptionsJSON);

/**
 * A chain that goes by one name: its pieces' hyperparameters, reports and state are under it (`adamw.learningRate`), and it is
 * written as JSON by its own options. This is how optimizers are made of public pieces.
 *
 * @example alias('sgd', options, chain(scaleByMomentum({ momentum: 0.9 }), scaleByLearningRate({ learningRate: 0.1 })))
 */
export function alias<State extends StateTree, Y extends Yields>(
  name: string,
  options: AliasOptions,
  transform: GradientTransform<State, Y>,
): GradientTransform<readonly [State], Y>;
export function alias(name: string, options: AliasOptions, transform: AnyTransform): AnyTransform {
  const given: TransformOptionsJSON | undefined =
    typeof options === 'function' ? undefined : JSON.parse(JSON.stringify(options));
  return defineTransform({
    name,
    options: {},
    schema: {},
    naming: 'alias',
    yields: transform.yields,
    inner: [transform],
    init: (params, { inner }): StateTree => inner.map((part) => part.init(params)),
    update: (updates, state, { inner }) => {
      const { states, ...rest } = updateInOrder(inner, {
        updates,
        states: Array.isArray(state) ? state : [],
      });
      return { ...rest, state: states };
    },
    optionsToJSON: () => (typeof options === 'function' ? options() : (given ?? options)),
  });
}

/** Judges that a value is a transform. @throws {InvalidOptionError} saying what was found and what to do. */
export function requireTransform(what: string, value: unknown): AnyTransform {
  if (isTransform(value)) return value;
  const remedy =
    typeof value === 'function'
      ? `Call it: ${value.name === '' ? 'it' : value.name}({ ... }).`
      : 'Make one with defineTransform or take one of the packages.';
  throw new InvalidOptionError(`${what} must be a transform, but is ${describeValue(value)}. ${remedy}`);
}

/** Judges transforms by names that can be parts of paths. @throws {InvalidOptionError} naming the first that cannot be meant. */
function partsByKey(
  owner: string,
  transforms: Readonly<Record<string, AnyTransform>>,
): { keys: readonly string[]; inner: readonly AnyTransform[] } {
  const { keys, inner } = partsByLabel(owner, transforms);
  const wrong = keys.find((key) => !/^[A-Za-z][\w-]*$/.test(key));
  if (wrong !== undefined) {
    throw new InvalidOptionError(
      `${owner}: the name ${JSON.stringify(wrong)} cannot be part of a path. Use letters, digits, _ and -, and start with a letter.`,
    );
  }
  return { keys, inner };
}

/** Judges transforms by any names. @throws {InvalidOptionError} naming the first that is no transform. */
export function partsByLabel(
  owner: string,
  transforms: Readonly<Record<string, AnyTransform>>,
): { keys: readonly string[]; inner: readonly AnyTransform[] } {
  if (!isPlainObject(transforms))
    throw new InvalidOptionError(
      `${owner} takes transforms by name, but was given ${describeValue(transforms)}.`,
    );
  const entries = Object.entries(transforms);
  return {
    keys: entries.map(([key]) => key),
    inner: entries.map(([key, part]) => requireTransform(`${owner}'s ${key}`, part)),
  };
}

/** A transform as a JSON value. */
export function toPlainJSON(transform: AnyTransform): {
  readonly transform: string;
  readonly options: TransformOptionsJSON;
} {
  const { transform: name, options } = transform.toJSON();
  return { transform: name, options };
}

type TransformOptionsJSON = { readonly [name: string]: JsonValue };

/** Either of two holds, leaf by leaf. */
export function eitherHold(
  a: Mask<'leafScalar'> | undefined,
  b: Mask<'leafScalar'> | undefined,
): Mask<'leafScalar'> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const shared = new Set(Array.from(a.pieces.keys()).filter((group) => b.pieces.has(group)));
  const both: Mask<'leafScalar'> = logicalOr(restrictTensor(a, shared), restrictTensor(b, shared));
  return overlayTensor(overlayTensor(a, b), both);
}

function updateInOrder(
  inner: readonly InnerTransform[],
  start: { updates: Leaf; states: readonly StateTree[] },
): { updates: Leaf; states: StateTree[]; hold?: Mask<'leafScalar'> } {
  let { updates } = start;
  const steps = inner.map((part, index) => {
    const before = start.states[index] ?? {};
    const incoming = updates.pieces.keys();
    const result: InnerUpdate = part.update(updates, before);
    updates = result.updates;
    // In a flush there are updates of leaves that did not come in.
    const groups = new Set([...incoming, ...updates.pieces.keys()]);
    return { before, groups, ...result };
  });
  const holdOf = (some: typeof steps): Mask<'leafScalar'> | undefined =>
    some.reduce<Mask<'leafScalar'> | undefined>((all, step) => eitherHold(all, step.hold), undefined);
  const hold = holdOf(steps);
  // Whoever holds a step has seen to its own state; the others' state keeps its bits.
  const states = steps.map((step) => {
    const others = holdOf(steps.filter((other) => other !== step));
    if (others === undefined) return step.state;
    return holdState(others, { owner: 'chain', before: step.before, after: step.state, groups: step.groups });
  });
  return { updates, states, ...(hold === undefined ? {} : { hold }) };
}

function byKey(keys: readonly string[], states: readonly StateTree[]): StateTree {
  return Object.fromEntries(keys.map((key, index) => [key, states[index] ?? {}]));
}
