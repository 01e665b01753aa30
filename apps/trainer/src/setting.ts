import { InputError } from './inputError.ts';

/** A whole number that a task takes. */
interface CountSetting {
  readonly meaning: string;
  readonly fallback: number;
  /** 1 where nothing is said. */
  readonly least?: number;
  readonly most?: number;
}

/** One of several words that a task takes. */
interface ChoiceSetting {
  readonly meaning: string;
  readonly choices: readonly string[];
  readonly fallback: string;
}

/** What a task takes, by name; on the command line `sequenceLength` is `--sequence-length`. */
export type SettingSchema = { readonly [name: string]: CountSetting | ChoiceSetting };

/** The values of some settings. */
export type SettingValues = Readonly<Record<string, number | string>>;

/** The values that a task with this schema is given. */
export type ValuesOf<S extends SettingSchema> = {
  readonly [K in keyof S]: ValueOf<S[K]>;
};

type ValueOf<T> = T extends { readonly choices: readonly (infer Choice)[] } ? Choice : number;

/** A setting's name on the command line. */
export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * The value of every setting: the given one, or what is usual.
 *
 * @throws {InputError} if a name is unknown or a value cannot be meant.
 */
export function readSettings(schema: SettingSchema, given: SettingValues, owner: string): SettingValues {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(schema, name)) continue;
    const known = Object.keys(schema).map(flagOf).join(', ');
    throw new InputError(`${owner} has no ${flagOf(name)}; it has ${known}.`);
  }
  return Object.fromEntries(
    Object.entries(schema).map(([name, setting]) => [name, readSetting(name, setting, given[name])]),
  );
}

function readSetting(
  name: string,
  setting: CountSetting | ChoiceSetting,
  value: number | string | undefined,
): number | string {
  if (value === undefined) return setting.fallback;
  if ('choices' in setting) {
    if (typeof value === 'string' && setting.choices.includes(value)) return value;
    throw new InputError(`${flagOf(name)} must be one of ${setting.choices.join(', ')}, but is ${value}.`);
  }
  const { least = 1, most = 1e6 } = setting;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value;
  throw new InputError(`${flagOf(name)} must be a whole number from ${least} to ${most}, but is ${value}.`);
}
