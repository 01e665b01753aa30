import * as tf from '@tensorflow/tfjs';
import { turned } from './matrixProduct.ts';
import { as2D, as3D } from './tensorRank.ts';
import { fromTimeSteps, timeSteps } from './timeSteps.ts';
import { withGradient } from './withGradient.ts';

/**
 * The plain recurrence (Elman 1990), from a zero state: $h_t = \tanh(x_t + h_{t-1} R)$.
 *
 * @param inputs what comes in at each step: `[time, batch, hidden]`.
 * @param recurrent the weights from one hidden state to the next: `[hidden, hidden]`.
 * @returns the hidden states, `[time, batch, hidden]`.
 */
export function tanhRecurrence(inputs: tf.Tensor3D, recurrent: tf.Tensor2D): tf.Tensor3D {
  const [time, batch, hidden] = inputs.shape;
  const hiddenStates = withGradient([inputs, recurrent], () => {
    const collected: tf.Tensor[] = [];
    let state: tf.Tensor2D = tf.zeros([batch, hidden]);
    for (const input of timeSteps(inputs)) {
      state = as2D(tf.tanh(tf.add(input, tf.matMul(state, recurrent))));
      collected.push(state);
    }
    const value = fromTimeSteps(collected);
    return {
      value,
      saved: [recurrent, value],
      gradient: (upstream, [weights = recurrent, states = value]) => {
        const back = as2D(turned(weights));
        const slopes = timeSteps(tf.sub(1, tf.square(states)));
        const gradients: tf.Tensor[] = [];
        let carried: tf.Tensor = tf.zeros([batch, hidden]);
        for (const [step, gradient] of [...timeSteps(upstream).entries()].toReversed()) {
          const atInput = as2D(tf.mul(tf.add(gradient, carried), slopes[step] ?? 0));
          gradients.push(atInput);
          carried = tf.matMul(atInput, back);
        }
        const atInputs = fromTimeSteps(gradients.toReversed());
        return [atInputs, recurrentGradient(states, atInputs)];
      },
    };
  });
  return as3D(hiddenStates, [time, batch, hidden]);
}

/** The gradient of the recurrent weights: each step's incoming gradients times the state before it, summed over steps. */
export function recurrentGradient(states: tf.Tensor, atInputs: tf.Tensor): tf.Tensor2D {
  const [time = 0, batch = 0, hidden = 0] = states.shape;
  const width = atInputs.shape[2] ?? 0;
  const rows = (time - 1) * batch;
  const before = tf.reshape(tf.slice(states, [0, 0, 0], [time - 1, batch, hidden]), [rows, hidden]);
  const after = tf.reshape(tf.slice(atInputs, [1, 0, 0], [time - 1, batch, width]), [rows, width]);
  return as2D(tf.matMul(turned(before), after));
}
