import type * as tf from '@tensorflow/tfjs';
import { gru } from './gru.ts';
import { lstm } from './lstm.ts';
import { tanhRecurrence } from './tanhRecurrence.ts';

/** A recurrent layer without its input weights, from `[time, batch, gates * hidden]` to `[time, batch, hidden]`. */
export interface Recurrence {
  readonly gates: number;
  /** Which of the gates begins open, if one does: its bias is 1. */
  readonly openGate: number | undefined;
  run(inputs: tf.Tensor3D, recurrent: tf.Tensor2D): tf.Tensor3D;
}

/** The recurrent layers by name. */
export const recurrences: Readonly<Record<'tanh' | 'lstm' | 'gru', Recurrence>> = {
  tanh: { gates: 1, openGate: undefined, run: tanhRecurrence },
  // A forget gate that begins open lets gradients through (Gers et al. 2000; Jozefowicz et al. 2015).
  lstm: { gates: 4, openGate: 1, run: lstm },
  gru: { gates: 3, openGate: undefined, run: gru },
};
