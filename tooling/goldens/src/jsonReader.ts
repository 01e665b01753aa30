/** What JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** What JSON calls an object. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A value of a file that is read as what it must be; anything else is an error that names the place. */
export interface JsonReader {
  readonly place: string;
  has(key: string): boolean;
  at(key: string): JsonReader;
  entries(): [string, JsonReader][];
  object(): JsonObject;
  list(): JsonReader[];
  text(): string;
  number(): number;
  isNull(): boolean;
  /** One of a few strings. */
  oneOf<const Choice extends string>(choices: readonly Choice[]): Choice;
}

/** Reads a file's text. @example readJson('{"a": [1]}', 'file.json').at('a').list() */
export function readJson(text: string, place: string): JsonReader {
  const value: JsonValue = JSON.parse(text);
  return readerOf(value, place);
}

function readerOf(value: JsonValue, place: string): JsonReader {
  function mismatch(wanted: string): Error {
    return new Error(`${place} must be ${wanted}, but it is ${JSON.stringify(value).slice(0, 60)}.`);
  }
  function object(): JsonObject {
    if (isObject(value)) return value;
    throw mismatch('an object');
  }
  return {
    place,
    object,
    has: (key) => Object.hasOwn(object(), key),
    at: (key) => {
      const member = Object.hasOwn(object(), key) ? object()[key] : undefined;
      if (member === undefined) throw new Error(`${place} has no "${key}".`);
      return readerOf(member, `${place}.${key}`);
    },
    entries: () =>
      Object.entries(object()).map(([key, member]) => [key, readerOf(member, `${place}.${key}`)]),
    list: () => {
      if (!isList(value)) throw mismatch('a list');
      return value.map((entry, index) => readerOf(entry, `${place}[${index}]`));
    },
    text: () => {
      if (typeof value === 'string') return value;
      throw mismatch('a string');
    },
    number: () => {
      if (typeof value === 'number') return value;
      throw mismatch('a number');
    },
    isNull: () => value === null,
    oneOf: (choices) => {
      const found = choices.find((choice) => choice === value);
      if (found !== undefined) return found;
      throw mismatch(`one of ${choices.join(', ')}`);
    },
  };
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}
