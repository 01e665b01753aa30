import { describeValue } from './checkOptionNames.ts';
import { InvalidOptionError } from './errors.ts';

/** What JSON can hold. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * Writes a number as JSON: a number that JSON has no literal for (an infinity, NaN, -0) becomes `{ number: 'Infinity' }`.
 *
 * @example numberToJSON(Infinity) // { number: 'Infinity' }
 */
export function numberToJSON(value: number): JsonValue {
  if (Object.is(value, -0)) return { number: '-0' };
  return Number.isFinite(value) ? value : { number: String(value) };
}

/**
 * Reads what {@link numberToJSON} wrote.
 *
 * @throws {InvalidOptionError} if `json` is neither a number nor a tagged one.
 */
export function numberFromJSON(json: JsonValue): number {
  if (typeof json === 'number') return json;
  if (isJsonObject(json)) {
    const tagged = json['number'];
    if (tagged === 'Infinity' || tagged === '-Infinity' || tagged === 'NaN' || tagged === '-0')
      return Number(tagged);
  }
  throw new InvalidOptionError(
    `Expected a number or { "number": "Infinity" } in JSON, but found ${showJSON(json)}.`,
  );
}

/** Shows what was given for JSON in a message, even where it is none: a BigInt, a function, what holds itself. */
export function showJSON(value: unknown): string {
  try {
    const isBigInt = (part: unknown): part is bigint => typeof part === 'bigint';
    const text: unknown = JSON.stringify(value, (_, part: unknown) => (isBigInt(part) ? `${part}n` : part));
    return typeof text === 'string' ? text : describeValue(value);
  } catch {
    return describeValue(value);
  }
}

/** Whether `json` is an object with named members, as opposed to an array or a plain value. */
export function isJsonObject(json: JsonValue | undefined): json is { readonly [key: string]: JsonValue } {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
