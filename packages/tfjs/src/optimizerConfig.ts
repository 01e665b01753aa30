import {
  describeValue,
  hyperparametersOf,
  identity,
  InvalidOptionError,
  optionToJSON,
  transformFromJSON,
  type AnyTransform,
  type Hyperparameters,
  type JsonValue,
  type TransformRegistry,
} from '@gradkit/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { SessionOptions, TransformSession } from './transformSession.ts';

/**
 * What `getConfig` writes: the transform, what was assigned to its hyperparameters since, and how non-finite gradients are met. Beside
 * these, from which an optimizer is made again, stands what code for TensorFlow.js's optimizers reads: options by their bare names
 * (`learningRate`, `beta1`), where one part of the transform has that name, schedules as their value in the step to come.
 */
export function writeConfig(
  transform: AnyTransform,
  { hyperparameters, valueOf }: Pick<TransformSession, 'hyperparameters' | 'valueOf'>,
  { onNonFinite = 'propagate' }: SessionOptions,
): tf.serialization.ConfigDict {
  const given = hyperparametersOf(transform);
  const changed = Object.entries(hyperparameters).filter(([path, value]) => given[path] !== value);
  const json = changed.map(([path, value]): [string, JsonValue] => {
    const dot = path.lastIndexOf('.');
    return [path, optionToJSON({ owner: path.slice(0, dot), name: path.slice(dot + 1) }, value)];
  });
  const { transform: name, options } = transform.toJSON();
  return {
    ...bareOptions(transform, Object.keys(hyperparameters), valueOf),
    transform: toConfigText({ transform: name, options }),
    hyperparameters: toConfigText(Object.fromEntries(json)),
    onNonFinite,
  };
}

function bareOptions(
  transform: AnyTransform,
  paths: readonly string[],
  valueOf: (path: string) => number,
): tf.serialization.ConfigDict {
  const settings = settingsOf(transform);
  const live = paths.map((path): [string, number] => [path.slice(path.lastIndexOf('.') + 1), valueOf(path)]);
  const all: readonly (readonly [string, unknown])[] = [...settings, ...live];
  const counts = new Map<string, number>();
  for (const [name] of all) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(
    all.flatMap(([name, value]): [string, number | boolean][] =>
      // JSON has no infinity.
      counts.get(name) === 1 &&
      (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
        ? [[name, value]]
        : [],
    ),
  );
}

/** What is built into the program, by name, of each part of a transform. */
export function settingsOf({ structure }: AnyTransform): readonly (readonly [string, unknown])[] {
  return [...Object.entries(structure.settings), ...structure.inner.flatMap(settingsOf)];
}

/** The transform of a saved config. */
export function readTransform(
  config: tf.serialization.ConfigDict,
  registry: TransformRegistry,
): AnyTransform {
  const json = fromConfigText('transform', config);
  if (json !== undefined) return transformFromJSON(json, registry);
  throw new InvalidOptionError(
    'The saved optimizer has no transform in its config. It was not saved by @gradkit/tfjs, or by another version of it.',
  );
}

/** Assigns what a saved config says of the hyperparameters. */
export function restoreHyperparameters(
  hyperparameters: Hyperparameters,
  config: tf.serialization.ConfigDict,
  registry: TransformRegistry,
): void {
  const options = fromConfigText('hyperparameters', config) ?? {};
  // The registry decodes options, tagged infinities and schedules among them, on their way to a factory.
  const assign = (decoded: object): AnyTransform => {
    for (const [path, value] of Object.entries(decoded)) hyperparameters[path] = value;
    return identity();
  };
  transformFromJSON({ transform: 'assigned', options }, { ...registry, transforms: { assigned: assign } });
}

/**
 * A value as text that survives in a config: TensorFlow.js turns `_x` into `X` in every key and in every text of a config that
 * it loads.
 */
export function toConfigText(value: JsonValue): string {
  return JSON.stringify(value).replaceAll('_', String.raw`\u005f`);
}

/**
 * Reads what {@link toConfigText} wrote under a name; undefined where there is nothing.
 *
 * @throws {InvalidOptionError} if it is no object in JSON.
 */
export function fromConfigText(
  name: string,
  config: tf.serialization.ConfigDict,
): { readonly [key: string]: JsonValue } | undefined {
  const text = config[name];
  if (text === undefined) return undefined;
  const value = typeof text === 'string' ? parsed(text) : undefined;
  if (isRecord(value)) return value;
  throw new InvalidOptionError(
    `The ${name} in the config of the saved optimizer must be the text of an object in JSON, but is ${describeValue(text)}. ` +
      `Restore the file, or save the model again.`,
  );
}

/** The value of a text in JSON; undefined if it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
