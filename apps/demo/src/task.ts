import { recurrentTask } from './recurrentTask.ts';
import { simpleNetTask } from './simpleNetTask.ts';

/** An array with its shape. */
interface ShapedArray {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** What a net learns from in one step. */
export interface Batch {
  readonly inputs: ShapedArray;
  readonly targets: ShapedArray;
}

/** A net's weights and data; `taskLosses` has what it computes. Everything random comes from the seed. */
export interface Task {
  readonly title: string;
  readonly description: string;
  readonly defaults: { readonly learningRate: number; readonly threshold: number };
  /** The first weights by name. */
  parameters(seed: number): Readonly<Record<string, ShapedArray>>;
  /** A source of batches, in an order of their own for each seed. */
  batches(seed: number): () => Batch;
}

/** The nets that the page trains. */
export const tasks: { readonly recurrent: Task; readonly simple: Task } = {
  recurrent: recurrentTask,
  simple: simpleNetTask,
};

export type TaskName = keyof typeof tasks;
