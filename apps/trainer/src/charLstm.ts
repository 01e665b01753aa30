import { charRecurrent } from './charRecurrent.ts';
import type { Task } from './task.ts';

/** An LSTM that predicts the next character of a text. */
export const charLstm: Task = charRecurrent(
  'char-lstm',
  'An LSTM that predicts the next character of Moby Dick, or of your text.',
  'lstm',
);
