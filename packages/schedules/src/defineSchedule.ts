import { describeValue } from '@gradkit/core';
import type { Schedule, ScheduleJSON } from '@gradkit/core';
import { optionToJSON } from './optionToJSON.ts';

/** A schedule that knows how to write itself as JSON: what every factory of this package returns. */
export interface SerializableSchedule extends Schedule {
  toJSON(): ScheduleJSON;
}

/**
 * Makes a schedule from a formula. Steps count from 0 and may be fractional; a negative, infinite or NaN step throws a
 * `RangeError`, since it is a mistake in the loop that counts. `toJSON` gives the options as they are now, whatever
 * happens to their arrays later.
 */
export function defineSchedule(definition: {
  name: string;
  options: object;
  valueAt: (step: number) => number;
}): SerializableSchedule {
  const { name, valueAt } = definition;
  const options: [string, unknown][] = [];
  for (const [option, value] of new Map<string, unknown>(Object.entries(definition.options))) {
    if (value !== undefined) options.push([option, Array.isArray(value) ? [...value] : value]);
  }

  function schedule(step: number): number {
    if (Number.isFinite(step) && step >= 0) return valueAt(step);
    throw new RangeError(
      `The schedule ${name} was asked for step ${describeValue(step)}. Steps are finite and count from 0.`,
    );
  }
  function toJSON(): ScheduleJSON {
    const json = options.map(
      ([option, value]) => [option, optionToJSON(`${name}: ${option}`, value)] as const,
    );
    return { schedule: name, options: Object.fromEntries(json) };
  }
  return Object.assign(schedule, { toJSON });
}
