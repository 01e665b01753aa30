import * as tf from '@tensorflow/tfjs';
import { turned } from './matrixProduct.ts';
import { recurrentGradient } from './tanhRecurrence.ts';
import { as2D, as3D } from './tensorRank.ts';
import { fromTimeSteps, timeSteps } from './timeSteps.ts';
import { withGradient } from './withGradient.ts';

/**
 * The recurrence of an LSTM (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000), from zero states.
 *
 * TensorFlow.js would record some forty operations a time step. Here the gradient is written out: what does not depend on the step
 * after is computed for all steps at once, and each step back is seven operations.
 *
 * @param inputs what comes in at each step, for the gates input, forget, output and then the candidate: `[time, batch, 4 * hidden]`.
 * @param recurrent the weights from the hidden state to the same: `[hidden, 4 * hidden]`.
 * @returns the hidden states, `[time, batch, hidden]`.
 */
export function lstm(inputs: tf.Tensor3D, recurrent: tf.Tensor2D): tf.Tensor3D {
  const [time, batch] = inputs.shape;
  const [hidden] = recurrent.shape;
  const hiddenStates = withGradient([inputs, recurrent], () => {
    const kept: Record<'gates' | 'candidates' | 'cells' | 'bent' | 'states', tf.Tensor[]> = {
      gates: [],
      candidates: [],
      cells: [],
      bent: [],
      states: [],
    };
    let state: tf.Tensor2D = tf.zeros([batch, hidden]);
    let cell: tf.Tensor = tf.zeros([batch, hidden]);
    for (const input of timeSteps(inputs)) {
      const sum = tf.add(input, tf.matMul(state, recurrent));
      const [gateSums = sum, candidateSum = sum] = tf.split(sum, [3 * hidden, hidden], 1);
      const gates = tf.sigmoid(gateSums);
      const candidate = tf.tanh(candidateSum);
      const [enter = gates, keep = gates, show = gates] = tf.split(gates, 3, 1);
      cell = tf.add(tf.mul(keep, cell), tf.mul(enter, candidate));
      const bent = tf.tanh(cell);
      state = as2D(tf.mul(show, bent));
      kept.gates.push(gates);
      kept.candidates.push(candidate);
      kept.cells.push(cell);
      kept.bent.push(bent);
      kept.states.push(state);
    }
    const value = fromTimeSteps(kept.states);
    const saved = [kept.gates, kept.candidates, kept.cells, kept.bent].map((parts) => fromTimeSteps(parts));
    return {
      value,
      saved: [recurrent, value, ...saved],
      gradient: (
        upstream,
        [weights = recurrent, states = value, gates = value, candidates = value, cells = value, bent = value],
      ) => {
        const back = as2D(turned(weights));
        const [enter = gates, keep = gates, show = gates] = tf.split(gates, 3, 2);
        const cellsBefore = tf.concat([
          tf.zeros([1, batch, hidden]),
          tf.slice(cells, [0, 0, 0], [time - 1, batch, hidden]),
        ]);
        const slopes = tf.mul(gates, tf.sub(1, gates));
        const [enterSlope = slopes, keepSlope = slopes, showSlope = slopes] = tf.split(slopes, 3, 2);
        // The gradient at the four sums is (cell, cell, state, cell) times these.
        const factors = timeSteps(
          tf.concat(
            [
              tf.mul(candidates, enterSlope),
              tf.mul(cellsBefore, keepSlope),
              tf.mul(bent, showSlope),
              tf.mul(enter, tf.sub(1, tf.square(candidates))),
            ],
            2,
          ),
        );
        const stateToCell = timeSteps(tf.mul(show, tf.sub(1, tf.square(bent))));
        const cellToBefore = timeSteps(keep);
        const gradients: tf.Tensor[] = [];
        let atState: tf.Tensor = tf.zeros([batch, hidden]);
        let atCell: tf.Tensor = tf.zeros([batch, hidden]);
        for (const [step, gradient] of [...timeSteps(upstream).entries()].toReversed()) {
          const toState = tf.add(gradient, atState);
          const toCell = tf.add(atCell, tf.mul(toState, stateToCell[step] ?? 0));
          const four = tf.concat([toCell, toCell, toState, toCell], 1);
          const atSum = as2D(tf.mul(four, factors[step] ?? 0));
          gradients.push(atSum);
          atCell = tf.mul(toCell, cellToBefore[step] ?? 0);
          atState = tf.matMul(atSum, back);
        }
        const atInputs = fromTimeSteps(gradients.toReversed());
        return [atInputs, recurrentGradient(states, atInputs)];
      },
    };
  });
  return as3D(hiddenStates, [time, batch, hidden]);
}
