import { charRecurrent } from './charRecurrent.ts';
import type { Task } from './task.ts';

/** A GRU that predicts the next character of a text. */
export const charGru: Task = charRecurrent(
  'char-gru',
  'A GRU that predicts the next character of Moby Dick, or of your text.',
  'gru',
);
