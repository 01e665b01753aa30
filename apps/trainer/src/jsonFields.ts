import type { JsonValue } from '@gradkit/core';
import { InputError } from './inputError.ts';

/** A JSON object. */
export type JsonObject = { readonly [name: string]: JsonValue };

/** Whether a value of JSON is an object with names. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The object that `text` holds.
 *
 * @throws {InputError} if it is not JSON, or not an object.
 */
export function parseJsonObject(text: string, source: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${source} is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (isJsonObject(value)) return value;
  throw new InputError(`${source} must hold an object, { ... }, but holds ${text.trim().slice(0, 40)}.`);
}

/** A whole number of JSON, from `least`. */
export function readCount(value: JsonValue | undefined, place: string, least = 0): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new InputError(`${place} must be a whole number from ${least}, but is ${JSON.stringify(value)}.`);
}

/** A list of whole numbers of JSON. */
export function readIntegers(value: JsonValue | undefined, place: string): readonly number[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  const numbers = list.filter((entry): entry is number => Number.isSafeInteger(entry));
  if (numbers.length > 0 && numbers.length === list.length) return numbers;
  throw new InputError(`${place} must be a list of whole numbers, but is ${JSON.stringify(value)}.`);
}

/** A text of JSON. */
export function readText(value: JsonValue | undefined, place: string): string {
  if (typeof value === 'string') return value;
  throw new InputError(`${place} must be a text, but is ${JSON.stringify(value)}.`);
}
