import type { JsonValue, TransformJSON } from '@gradkit/core';
import { backendNames } from './backend.ts';
import type { BackendName } from './backend.ts';
import { InputError } from './inputError.ts';
import { isJsonObject, readCount, readText } from './jsonFields.ts';
import type { JsonObject } from './jsonFields.ts';
import type { SettingValues } from './setting.ts';

/** All that decides what a run does, bit by bit; kept in its folder as `config.json`. */
export interface RunConfig {
  readonly task: string;
  readonly settings: SettingValues;
  /** Paths of the user's own texts. */
  readonly texts: readonly string[];
  /** The SHA-256 of each of the texts as the run began with them. */
  readonly textDigests?: readonly string[];
  readonly seed: number;
  readonly backend: BackendName;
  readonly transform: TransformJSON;
  readonly steps: number;
  /** How often, in steps, a line is printed, a checkpoint written, the loss on held-out data taken and a text drawn; 0 is never. */
  readonly logEvery: number;
  readonly checkpointEvery: number;
  readonly evaluateEvery: number;
  readonly sampleEvery: number;
}

/**
 * Reads a run's `config.json`.
 *
 * @throws {InputError} if something is missing or of another kind.
 */
export function readRunConfig(json: JsonObject, source: string): RunConfig {
  refuseUnknown(json, configNames, source);
  const backend = backendNames.find((name) => name === json['backend']);
  if (backend === undefined) {
    throw new InputError(`${source}: "backend" must be one of ${backendNames.join(', ')}.`);
  }
  const count = (name: keyof RunConfig, least = 0): number =>
    readCount(json[name], `${source}: "${name}"`, least);
  return {
    task: readText(json['task'], `${source}: "task"`),
    settings: readSettingValues(json['settings'], `${source}: "settings"`),
    texts: readTexts(json['texts'], `${source}: "texts"`),
    ...(json['textDigests'] === undefined
      ? {}
      : { textDigests: readTexts(json['textDigests'], `${source}: "textDigests"`, 'digests') }),
    seed: count('seed'),
    backend,
    transform: readTransformJSON(json['transform'], `${source}: "transform"`),
    steps: count('steps', 1),
    logEvery: count('logEvery', 1),
    checkpointEvery: count('checkpointEvery'),
    evaluateEvery: count('evaluateEvery'),
    sampleEvery: count('sampleEvery'),
  };
}

const configNames: readonly (keyof RunConfig)[] = [
  'task',
  'settings',
  'texts',
  'textDigests',
  'seed',
  'backend',
  'transform',
  'steps',
  'logEvery',
  'checkpointEvery',
  'evaluateEvery',
  'sampleEvery',
];

function refuseUnknown(json: JsonObject, known: readonly string[], place: string): void {
  const stranger = Object.keys(json).find((name) => !known.includes(name));
  if (stranger === undefined) return;
  throw new InputError(
    `${place} has ${JSON.stringify(stranger)}, which means nothing there; it takes ${known.join(', ')}.`,
  );
}

/** The values of a task's settings, judged as to their kind only. */
function readSettingValues(json: JsonValue | undefined, place: string): SettingValues {
  const entries = isJsonObject(json) ? Object.entries(json) : undefined;
  const values: Record<string, number | string> = {};
  for (const [name, value] of entries ?? []) {
    if (typeof value === 'number' || typeof value === 'string') values[name] = value;
  }
  if (entries !== undefined && Object.keys(values).length === entries.length) return values;
  throw new InputError(`${place} must be numbers and words by name, but is ${JSON.stringify(json)}.`);
}

function readTexts(json: JsonValue | undefined, place: string, what = 'paths'): readonly string[] {
  const list: readonly unknown[] = Array.isArray(json) ? json : [];
  const texts = list.filter((entry): entry is string => typeof entry === 'string');
  if (Array.isArray(json) && texts.length === list.length) return texts;
  throw new InputError(`${place} must be a list of ${what}, but is ${JSON.stringify(json)}.`);
}

/**
 * A transform of JSON by its outer names; what is in its options is for `transformFromJSON` to judge.
 *
 * @throws {InputError} if it is of another form.
 */
export function readTransformJSON(json: JsonValue | undefined, place: string): TransformJSON {
  if (isJsonObject(json)) refuseUnknown(json, ['transform', 'options'], place);
  const { transform, options } = isJsonObject(json) ? json : {};
  if (typeof transform === 'string' && isJsonObject(options)) return { transform, options };
  throw new InputError(
    `${place} must be { "transform": name, "options": { ... } }, but is ${JSON.stringify(json)}.`,
  );
}
