import { checkOptionNames } from './checkOptionNames.ts';
import type { AnyTransform, LiveOption } from './gradientTransform.ts';
import { checkOption, exampleOf, isSchedule, type Option, type OptionPlace } from './option.ts';
import type { Schedule } from './schedule.ts';
import { innerCode, toCode } from './toCode.ts';

/** The options of a transform, by name. */
export type OptionSchema = {
  readonly [name: string]: Option<number> | Option<boolean, false> | Option<number | Schedule, false>;
};

/** Options that are given to a factory, and what they must be. */
export interface GivenOptions {
  /** The factory's name. */
  readonly name: string;
  readonly options: object;
  readonly schema: OptionSchema;
  /** Names of options that something else judges. */
  readonly others?: readonly string[];
  /** The transforms that the factory takes before its options. */
  readonly inner?: readonly AnyTransform[];
}

/** Options that may be meant, with defaults in the places of those that are not given. */
export interface CheckedOptions {
  /** As they were given, whatever happens to the object later. */
  readonly given: ReadonlyMap<string, unknown>;
  readonly live: Readonly<Record<string, LiveOption>>;
  readonly settings: Readonly<Record<string, number | boolean | Schedule>>;
}

/**
 * Judges the options of a factory: their names, then their values.
 *
 * @throws {InvalidOptionError} for an unknown name, a missing option or a value that cannot be meant; its `remedy` is the same call with every
 *   such value replaced and every required option there.
 * @example checkOptions({ name: 'scale', options, schema: { factor: hyperparameter() } })
 */
export function checkOptions(call: GivenOptions): CheckedOptions {
  const { name: owner, options, schema, others = [] } = call;
  checkOptionNames(owner, options, [...Object.keys(schema), ...others], () => callAround(call));
  const given = new Map<string, unknown>(Object.entries(options));
  const live: Record<string, LiveOption> = {};
  const settings: Record<string, number | boolean | Schedule> = {};
  for (const [name, option] of Object.entries(schema)) {
    const chosen = given.get(name);
    const value = chosen === undefined ? option.fallback : chosen;
    const at = { owner, name, remedy: (): string => callWith(call) };
    if (isNumberOption(option)) live[name] = { option, value: checkLive(at, option, value) };
    else settings[name] = checkOption<number | boolean | Schedule>(at, option, value);
  }
  return { given, live, settings };
}

/** The call of a factory that was given a value for its options: `sgd({ learningRate: 0.1 })` of `sgd(0.1)`. */
export function callAround(call: GivenOptions): string {
  const [first = ''] = Object.keys(call.schema);
  return callWith({ ...call, options: { [first]: call.options } });
}

/**
 * The call of a factory as code: the given options, with a useful value in place of each that cannot be meant or is missing.
 *
 * @example callWith({ name: 'adam', options: { beta1: 2 }, schema }) // adam({ learningRate: 0.001, beta1: 0.9 })
 */
export function callWith({ name, options, schema, others = [], inner = [] }: GivenOptions): string {
  const given = new Map<string, unknown>(Object.entries(options));
  const parts = Object.entries(schema).flatMap(([key, option]) => {
    const value = given.get(key);
    if (value === undefined && option.fallback !== undefined) return [];
    const isMeant = option.accepts(value) || (option.live && isSchedule(value));
    return [`${key}: ${(isMeant ? toCode(value) : undefined) ?? exampleOf(option)}`];
  });
  const beside = others.flatMap((key) => {
    const value = given.get(key);
    const code = typeof value === 'function' ? undefined : toCode(value);
    return code === undefined ? [] : [`${key}: ${code}`];
  });
  const own = [...parts, ...beside];
  return `${name}(${[...inner.map(innerCode), ...(own.length === 0 ? [] : [`{ ${own.join(', ')} }`])].join(', ')})`;
}

function checkLive(at: OptionPlace, option: Option<number>, value: unknown): number | Schedule {
  return isSchedule(value) ? value : checkOption(at, option, value);
}

function isNumberOption(option: OptionSchema[string]): option is Option<number, true> {
  return option.live;
}
