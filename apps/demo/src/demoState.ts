import type { TransformJSON } from '@gradkit/core';
import type { BackendName } from './backendNames.ts';
import { chainToJSON, type ChainDescription } from './chainDescription.ts';
import { tasks, type TaskName } from './task.ts';

/** The pages of the panel that shows the chain as text. */
export const textPages = ['code', 'program', 'passes', 'wgsl', 'json'] as const;

export type TextPage = (typeof textPages)[number];

/** Steps a second that a person can choose; infinity is as fast as it goes. */
export const paces: readonly number[] = [5, 20, 60, Infinity];

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How far a person's own arrow reaches along either axis. */
export const farthestTip = 1e6;

/** All that a person has set: what the address of the page holds. */
export interface DemoState {
  readonly task: TaskName;
  readonly seed: number;
  /** What is trained with: the page's own chain, or one that was read from a file. */
  readonly chain: ChainDescription;
  readonly imported: TransformJSON | undefined;
  readonly pace: number;
  readonly backend: BackendName | 'auto';
  readonly text: TextPage;
  /** The arrow of the geometry: two entries of the live gradient, or a person's own. */
  readonly arrow: 'live' | 'own';
  readonly own: Point;
  /** Which entries, counted over all leaves; undefined for the two largest. */
  readonly entries: readonly [number, number] | undefined;
  readonly cliffStart: Point;
}

/** What the page shows to somebody who has just come. */
export const defaultState: DemoState = stateOfTask('recurrent', {
  seed: 3,
  imported: undefined,
  pace: 20,
  backend: 'auto',
  text: 'code',
  arrow: 'live',
  own: { x: 3, y: 4 },
  entries: undefined,
  cliffStart: { x: 4.6, y: -2.45 },
});

/** A task with the chain and the numbers that suit it. */
export function stateOfTask(task: TaskName, rest: Omit<DemoState, 'task' | 'chain'>): DemoState {
  const { learningRate, threshold } = tasks[task].defaults;
  const chain: ChainDescription = {
    clips: [{ name: 'clipByGlobalNorm', threshold }],
    optimizer: 'sgd',
    learningRate,
  };
  return { ...rest, task, chain };
}

/** The transform that the right-hand run takes. */
export function transformOf({ chain, imported }: DemoState): TransformJSON {
  return imported ?? chainToJSON(chain);
}
