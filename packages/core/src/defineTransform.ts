import { describeValue } from './checkOptionNames.ts';
import { checkOptions, type OptionSchema } from './checkOptions.ts';
import { InvalidOptionError } from './errors.ts';
import type {
  AnyTransform,
  EmptyState,
  GradientTransform,
  InitContext,
  StateTree,
  TransformJSON,
  TransformStructure,
  TransformUpdate,
  UpdateContext,
  Yields,
} from './gradientTransform.ts';
import { numberToJSON, type JsonValue } from './jsonValue.ts';
import { isSchedule, type Option } from './option.ts';
import { placeHyperparameters } from './place.ts';
import type { Schedule } from './schedule.ts';
import type { Leaf, Scalar } from './symbolicTensor.ts';
import type { Windows } from './windows.ts';

/** The scalars that an update sees: one for each live option. */
export type HyperparametersOf<S extends OptionSchema> = {
  readonly [K in keyof S as S[K] extends Option<number, true> ? K : never]: Scalar;
};

/** The plain values that an update sees: one for each structural option. */
export type SettingsOf<S extends OptionSchema> = {
  readonly [K in keyof S as S[K] extends Option<number, true> ? never : K]: S[K] extends Option<infer T>
    ? T
    : never;
};

/** {@link UpdateContext} with the transform's own options by name. */
export interface TypedContext<S extends OptionSchema> extends Omit<
  UpdateContext,
  'hyperparameters' | 'settings'
> {
  readonly hyperparameters: HyperparametersOf<S>;
  readonly settings: SettingsOf<S>;
}

/** The two functions of a transform and its options. */
export interface TransformDefinition<State extends StateTree, Y extends Yields, S extends OptionSchema> {
  readonly name: string;
  /** The options as the user gave them. */
  readonly options: object;
  /** What the options must be. */
  readonly schema: S;
  /**
   * `updates` for a transform that makes updates of gradients, and for one that wraps such a transform; `gradients` for one that yields
   * what it was given.
   */
  readonly yields: Y;
  /** The state at the first step; it is stored by the names of its slots. */
  init(params: Leaf, context: InitContext): State;
  /** The new updates and the new state. */
  update(updates: Leaf, state: NoInfer<State>, context: TypedContext<S>): TransformUpdate<NoInfer<State>>;
  /** The transforms that it wraps, if any. */
  readonly inner?: readonly AnyTransform[];
  readonly naming?: TransformStructure['naming'];
  readonly keys?: readonly string[];
  /** The steps that it takes together, if it does; `step` and schedules inside it count them. */
  readonly windows?: Windows;
  /**
   * Where not all leaves come to all inner transforms: those that come to each. It throws an `InvalidOptionError` where it means leaves
   * and there is none of them; `split` in `init` and `update` does the rest.
   */
  readonly narrow?: TransformStructure['narrow'];
  /** The options as data, where they are more than numbers and flags. */
  readonly optionsToJSON?: () => { readonly [name: string]: JsonValue };
}

/**
 * Makes a transform from two pure functions, with its options judged at once.
 *
 * @throws {InvalidOptionError} for an unknown option (naming the nearest known one), a missing one, or a value that cannot be
 *   meant; for `yields` that does not go with what is wrapped, or transforms that are nested more than 100 deep.
 * @example
 * export function scale(options: { factor: number | Schedule }): GradientTransform<EmptyState, 'gradients'> {
 *   return defineTransform({
 *     name: 'scale',
 *     options,
 *     schema: { factor: hyperparameter() },
 *     yields: 'gradients',
 *     init: () => ({}),
 *     update: (updates, state, { hyperparameters }) => ({ updates: mul(updates, hyperparameters.factor), state }),
 *   });
 * }
 */
export function defineTransform<State extends StateTree, Y extends Yields, const S extends OptionSchema>(
  definition: TransformDefinition<State, Y, S>,
): GradientTransform<State, Y>;
export function defineTransform(
  definition: TransformDefinition<StateTree, Yields, OptionSchema>,
): AnyTransform {
  const { name, schema, yields, inner = [] } = definition;
  const wrapped = yieldsOf(inner);
  if (yields !== 'updates' && yields !== wrapped) {
    throw new InvalidOptionError(
      `${name}: yields is ${describeValue(yields)}; it must be ${wrapped === 'updates' ? '' : '"gradients" or '}"updates".`,
    );
  }
  const depth = 1 + Math.max(0, ...inner.map(({ structure }) => structure.depth));
  if (depth > mostDepth) {
    throw new InvalidOptionError(
      `${name}: transforms are nested too deeply. Put them beside each other in one chain.`,
    );
  }
  const { given, live, settings } = checkOptions({ name, options: definition.options, schema, inner });
  const structure: TransformStructure = {
    naming: definition.naming ?? 'name',
    inner,
    depth,
    keys: definition.keys ?? [],
    live,
    settings,
    ...(definition.windows === undefined ? {} : { windows: definition.windows }),
    ...(definition.narrow === undefined ? {} : { narrow: definition.narrow }),
  };
  const transform: AnyTransform = {
    name,
    yields,
    structure,
    get hyperparameters() {
      return placeHyperparameters(transform);
    },
    init: (params, context) => definition.init(params, context),
    update: (updates, state, context) => definition.update(updates, state, context),
    toJSON: () => ({ transform: name, options: definition.optionsToJSON?.() ?? optionsToJSON(name, given) }),
  };
  return transform;
}

/** `updates` if one of some transforms yields updates. */
export function yieldsOf(transforms: readonly AnyTransform[]): Yields {
  return transforms.some((transform) => transform.yields === 'updates') ? 'updates' : 'gradients';
}

/**
 * A transform without state, from a function of the updates.
 *
 * @example const centre = stateless('centre', (updates) => sub(updates, mean(updates)));
 */
export function stateless(
  name: string,
  update: (updates: Leaf, context: UpdateContext) => Leaf,
): GradientTransform<EmptyState, 'gradients'> {
  if (typeof name !== 'string' || typeof update !== 'function') {
    throw new InvalidOptionError(
      `stateless takes a name and a function of the updates, but was given ${describeValue(name)} and ${describeValue(update)}.`,
    );
  }
  return defineTransform({
    name,
    options: {},
    schema: {},
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state, context) => ({ updates: update(updates, context), state }),
    optionsToJSON: () => {
      throw new InvalidOptionError(
        `The transform "${name}" is a bare function (stateless) and cannot be written as JSON. ` +
          `Make it a factory with defineTransform and give it to transformFromJSON's registry by name.`,
      );
    },
  });
}

/** Writes an option as JSON: numbers with their infinities tagged, schedules and transforms as data. */
export function optionToJSON(at: { owner: string; name: string }, value: unknown): JsonValue {
  if (typeof value === 'number') return numberToJSON(value);
  if (typeof value === 'boolean' || typeof value === 'string' || value === null) return value;
  if (isSchedule(value)) return scheduleToJSON(at, value);
  throw new InvalidOptionError(
    `${at.owner}: ${at.name} is ${describeValue(value)} and cannot be written as JSON.`,
  );
}

function scheduleToJSON(at: { owner: string; name: string }, schedule: Schedule): JsonValue {
  const json = schedule.toJSON?.();
  if (json !== undefined) return { schedule: json.schedule, options: json.options };
  throw new InvalidOptionError(
    `${at.owner}: ${at.name} is ${describeValue(schedule)}, a bare function, and cannot be written as JSON. ` +
      `Use a schedule of @gradkit/schedules, or give the function a toJSON method.`,
  );
}

function optionsToJSON(owner: string, given: ReadonlyMap<string, unknown>): TransformJSON['options'] {
  const json: Record<string, JsonValue> = {};
  for (const [name, value] of given)
    if (value !== undefined) json[name] = optionToJSON({ owner, name }, value);
  return json;
}

/** How deep transforms may be nested: each level is a few of JavaScript's, of which there are some thousand. */
const mostDepth = 100;
