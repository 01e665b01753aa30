import type { TransformJSON } from '@gradkit/core';
import type { BackendName } from './backendNames.ts';
import type { TaskName } from './task.ts';
import type { NamedArrays, PairStep, Side } from './trainingPair.ts';

/** What the page asks of the worker that trains. */
export type TrainingRequest =
  | {
      readonly type: 'start';
      /** Numbers the runs, so that late answers of an earlier one can be told apart. */
      readonly run: number;
      readonly backend: BackendName | 'auto';
      readonly task: TaskName;
      readonly seed: number;
      readonly transforms: Readonly<Record<Side, TransformJSON>>;
    }
  | { readonly type: 'assign'; readonly path: string; readonly value: number }
  /** Steps a second; 0 pauses. */
  | { readonly type: 'pace'; readonly stepsPerSecond: number }
  | { readonly type: 'step' };

/** How a backend did in the test at the start. */
export interface BackendVerdict {
  readonly backend: BackendName;
  readonly chosen: boolean;
  /** In words, to follow the backend's title. */
  readonly reason: string;
}

/** What the worker answers. */
export type TrainingAnswer =
  | { readonly type: 'loading'; readonly text: string }
  | {
      readonly type: 'backend';
      readonly verdicts: readonly BackendVerdict[];
      readonly binding: string | undefined;
    }
  | { readonly type: 'started'; readonly run: number }
  | {
      readonly type: 'steps';
      readonly run: number;
      readonly steps: readonly PairStep[];
      readonly gradient: NamedArrays;
      readonly diverged: Readonly<Record<Side, boolean>>;
      /** How many tensors live: flat in a long run. */
      readonly tensors: number;
    }
  | { readonly type: 'failed'; readonly text: string };
