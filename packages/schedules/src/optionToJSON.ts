import { describeValue, InvalidOptionError, numberToJSON } from '@gradkit/core';
import type { JsonValue, Schedule } from '@gradkit/core';

/**
 * Writes an option as JSON: numbers that JSON cannot hold tagged, schedules as data, lists entry by entry.
 *
 * @throws {InvalidOptionError} for a bare function, naming it.
 */
export function optionToJSON(place: string, value: unknown): JsonValue {
  if (typeof value === 'number') return numberToJSON(value);
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (Array.isArray(value))
    return value.map((entry: unknown, index) => optionToJSON(`${place}[${index}]`, entry));
  if (isSchedule(value)) {
    const json = value.toJSON?.();
    if (json !== undefined) return { schedule: json.schedule, options: json.options };
  }
  throw new InvalidOptionError(
    `${place} is ${describeValue(value)} and cannot be written as JSON. Use a schedule of @gradkit/schedules, or give ` +
      `the function a toJSON method that returns { schedule, options }.`,
  );
}

function isSchedule(value: unknown): value is Schedule {
  return typeof value === 'function';
}
