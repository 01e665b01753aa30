import type { JsonValue } from '@gradkit/core';
import type * as tf from '@tensorflow/tfjs';
import { readSettings } from './setting.ts';
import type { SettingSchema, SettingValues, ValuesOf } from './setting.ts';

/** What a run does unless it is told otherwise. */
interface TaskDefaults {
  readonly optimizer: string;
  readonly learningRate: number;
  readonly steps: number;
}

/** What a task is opened with. */
interface TaskRequest<Values> {
  readonly settings: Values;
  /** The user's own text files, for the tasks that take them. */
  readonly texts: readonly string[];
  readonly seed: number;
}

/** One batch, on the backend. */
export interface Batch {
  /** The mean loss over the batch. */
  loss(): tf.Scalar;
  dispose(): void;
}

/** A model and its data, ready to train. */
export interface TaskSession {
  /** What it trains on and how large the model is, a line each. */
  readonly notes: readonly string[];
  /** What is trained; the names are those of the checkpoint. */
  readonly variables: readonly tf.Variable[];
  /** How many tokens, rows or sequences a step takes. */
  readonly unitsPerStep: number;
  nextBatch(): Batch;
  /** Where the data stand, as JSON. */
  position(): JsonValue;
  restore(position: JsonValue | undefined): void;
  /** The loss on data that is not trained on, always the same, and what else tells how good the model is. */
  evaluate(): Promise<Readonly<Record<string, number>>>;
  /** A text in the model's own words; the same for the same number. */
  sample?(number: number): Promise<string>;
  /** Whether there is nothing left to learn. */
  isSolved?(evaluation: Readonly<Record<string, number>>): boolean;
  dispose(): void;
}

/** A model to train, on data of its own. */
export interface Task {
  readonly name: string;
  /** One sentence for the help. */
  readonly summary: string;
  readonly settings: SettingSchema;
  readonly takesTexts: boolean;
  readonly defaults: TaskDefaults;
  /** What a step takes several of. */
  readonly unit: 'tokens' | 'rows' | 'sequences';
  open(request: TaskRequest<SettingValues>): Promise<TaskSession>;
}

/** A task by its parts; `open` sees the values of the settings by their names. */
export interface TaskDefinition<S extends SettingSchema> extends Omit<Task, 'settings' | 'open'> {
  readonly settings: S;
  open(request: TaskRequest<ValuesOf<S>>): Promise<TaskSession>;
}

/** Makes a task whose settings are judged before it is opened. */
export function defineTask<const S extends SettingSchema>(definition: TaskDefinition<S>): Task;
export function defineTask(definition: TaskDefinition<SettingSchema>): Task {
  return {
    ...definition,
    open: (request) =>
      definition.open({
        ...request,
        settings: readSettings(definition.settings, request.settings, definition.name),
      }),
  };
}
