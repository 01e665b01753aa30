import { checkOptionNames, InvalidOptionError, numberFromJSON, unknownNameMessage } from '@gradkit/core';
import type { JsonValue, Schedule, ScheduleJSON } from '@gradkit/core';
import * as schedules from './schedules.ts';

/** Factories of schedules by name. Each judges its options itself, as those of this package do. */
export interface ScheduleRegistry {
  readonly [schedule: string]: ScheduleFactory['make'];
}

// Declared as a method, so that a factory of narrower options fits: JSON is judged at run time.
interface ScheduleFactory {
  make(options: object): Schedule;
}

/**
 * Makes the schedule that `toJSON` wrote.
 *
 * Give a registry to know schedules of your own too: `scheduleFromJSON(json, { ...schedules, triangle })`.
 *
 * @throws {InvalidOptionError} if the schedule's name is unknown (naming the nearest known one), if its factory refuses an
 *   option, or if `json` is not `{ schedule, options }` and nothing else.
 * @example scheduleFromJSON({ schedule: 'constant', options: { value: 0.1 } })(0) // 0.1
 */
export function scheduleFromJSON(json: ScheduleJSON, registry: ScheduleRegistry = schedules): Schedule {
  if (
    typeof json !== 'object' ||
    json === null ||
    typeof json.schedule !== 'string' ||
    !isJsonObject(json.options)
  ) {
    throw new InvalidOptionError(
      `A schedule in JSON is { "schedule": name, "options": { ... } }, but found ${JSON.stringify(json)}.`,
    );
  }
  checkOptionNames('A schedule in JSON', json, ['schedule', 'options']);
  const factory = Object.hasOwn(registry, json.schedule) ? registry[json.schedule] : undefined;
  if (factory === undefined) {
    throw new InvalidOptionError(
      unknownNameMessage('There is no schedule', json.schedule, Object.keys(registry)),
    );
  }
  const options = Object.entries(json.options).map(
    ([name, value]) => [name, optionFromJSON(value, registry)] as const,
  );
  return factory(Object.fromEntries(options));
}

function optionFromJSON(json: JsonValue, registry: ScheduleRegistry): unknown {
  if (Array.isArray(json)) return json.map((entry: JsonValue) => optionFromJSON(entry, registry));
  if (!isJsonObject(json)) return json;
  const { schedule, options, ...rest } = json;
  if (typeof schedule === 'string' && isJsonObject(options))
    return scheduleFromJSON({ schedule, options, ...rest }, registry);
  return numberFromJSON(json);
}

function isJsonObject(json: JsonValue | undefined): json is { readonly [key: string]: JsonValue } {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
