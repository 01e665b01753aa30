import * as tf from '@tensorflow/tfjs';
import { turned } from './matrixProduct.ts';
import { recurrentGradient } from './tanhRecurrence.ts';
import { as2D, as3D } from './tensorRank.ts';
import { fromTimeSteps, timeSteps } from './timeSteps.ts';
import { withGradient } from './withGradient.ts';

/**
 * The recurrence of a GRU (Cho et al. 2014), from a zero state, in the form of cuDNN and PyTorch: the reset gate multiplies what
 * comes out of the recurrent weights, not what goes in.
 *
 * @param inputs what comes in at each step, for the gates reset and update and then the candidate: `[time, batch, 3 * hidden]`.
 * @param recurrent the weights from the hidden state to the same: `[hidden, 3 * hidden]`.
 * @returns the hidden states, `[time, batch, hidden]`.
 */
export function gru(inputs: tf.Tensor3D, recurrent: tf.Tensor2D): tf.Tensor3D {
  const [time, batch] = inputs.shape;
  const [hidden] = recurrent.shape;
  const hiddenStates = withGradient([inputs, recurrent], () => {
    const kept: Record<'gates' | 'candidates' | 'recalled' | 'states', tf.Tensor[]> = {
      gates: [],
      candidates: [],
      recalled: [],
      states: [],
    };
    let state: tf.Tensor2D = tf.zeros([batch, hidden]);
    for (const input of timeSteps(inputs)) {
      const fromState = tf.matMul(state, recurrent);
      const [inputGates = input, inputCandidate = input] = tf.split(input, [2 * hidden, hidden], 1);
      const [stateGates = input, recalled = input] = tf.split(fromState, [2 * hidden, hidden], 1);
      const gates = tf.sigmoid(tf.add(inputGates, stateGates));
      const [reset = gates, update = gates] = tf.split(gates, 2, 1);
      const candidate = tf.tanh(tf.add(inputCandidate, tf.mul(reset, recalled)));
      state = as2D(tf.add(candidate, tf.mul(update, tf.sub(state, candidate))));
      kept.gates.push(gates);
      kept.candidates.push(candidate);
      kept.recalled.push(recalled);
      kept.states.push(state);
    }
    const value = fromTimeSteps(kept.states);
    const saved = [kept.gates, kept.candidates, kept.recalled].map((parts) => fromTimeSteps(parts));
    return {
      value,
      saved: [recurrent, value, ...saved],
      gradient: (
        upstream,
        [weights = recurrent, states = value, gates = value, candidates = value, recalled = value],
      ) => {
        const back = as2D(turned(weights));
        const [reset = gates, update = gates] = tf.split(gates, 2, 2);
        const before = tf.concat([
          tf.zeros([1, batch, hidden]),
          tf.slice(states, [0, 0, 0], [time - 1, batch, hidden]),
        ]);
        const slopes = tf.mul(gates, tf.sub(1, gates));
        const [resetSlope = slopes, updateSlope = slopes] = tf.split(slopes, 2, 2);
        const atCandidate = tf.mul(tf.sub(1, update), tf.sub(1, tf.square(candidates)));
        const atReset = tf.mul(tf.mul(atCandidate, recalled), resetSlope);
        const atUpdate = tf.mul(tf.sub(before, candidates), updateSlope);
        // The gradient of the state times these is that of the three sums; the last differs on the side of the state.
        const toInputs = timeSteps(tf.concat([atReset, atUpdate, atCandidate], 2));
        const toState = timeSteps(tf.concat([atReset, atUpdate, tf.mul(atCandidate, reset)], 2));
        const passed = timeSteps(update);
        const gradients: Record<'inputs' | 'states', tf.Tensor[]> = { inputs: [], states: [] };
        let carried: tf.Tensor = tf.zeros([batch, hidden]);
        for (const [step, gradient] of [...timeSteps(upstream).entries()].toReversed()) {
          const atState = tf.add(gradient, carried);
          const three = tf.concat([atState, atState, atState], 1);
          const stateSide = as2D(tf.mul(three, toState[step] ?? 0));
          gradients.inputs.push(tf.mul(three, toInputs[step] ?? 0));
          gradients.states.push(stateSide);
          carried = tf.add(tf.mul(atState, passed[step] ?? 0), tf.matMul(stateSide, back));
        }
        return [
          fromTimeSteps(gradients.inputs.toReversed()),
          recurrentGradient(states, fromTimeSteps(gradients.states.toReversed())),
        ];
      },
    };
  });
  return as3D(hiddenStates, [time, batch, hidden]);
}
