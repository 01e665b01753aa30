import * as tf from '@tensorflow/tfjs';
import { dataProduct, matrixProduct } from './matrixProduct.ts';
import { constant, createParameters, glorot, normal } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import type { Recurrence } from './recurrence.ts';
import type { Random } from './seededRandom.ts';

/** A stack of recurrent layers and a dense one on top. */
export interface RecurrentModel {
  readonly parameters: Parameters;
  /** The hidden states of the last layer, `[time, batch, hidden]`, of inputs `[time, batch, features]`. */
  states(inputs: tf.Tensor3D): tf.Tensor3D;
  /** What the dense layer makes of states, `[rows, hidden]` to `[rows, outputs]`. */
  head(states: tf.Tensor2D): tf.Tensor2D;
}

interface RecurrentShape {
  readonly features: number;
  readonly hidden: number;
  readonly layers: number;
  readonly outputs: number;
  /** The deviation of the recurrent weights is this over the square root of `hidden`; 1 where nothing is said. */
  readonly recurrentScale?: number;
}

/** Makes the model; input weights begin as Glorot & Bengio (2010), recurrent ones normal, biases at 0 but for a gate that begins open. */
export function recurrentModel(
  shape: RecurrentShape,
  recurrence: Recurrence,
  random: Random,
): RecurrentModel {
  const { features, hidden, layers, outputs, recurrentScale = 1 } = shape;
  const { gates, openGate, run } = recurrence;
  const layerNames = Array.from({ length: layers }, (_, layer) => `recurrent${layer + 1}`);
  const parameters = createParameters(
    Object.fromEntries([
      ...layerNames.flatMap((name, layer) => [
        [`${name}/kernel`, { shape: [layer === 0 ? features : hidden, gates * hidden], start: glorot }],
        [
          `${name}/recurrent`,
          { shape: [hidden, gates * hidden], start: normal(recurrentScale / Math.sqrt(hidden)) },
        ],
        [`${name}/bias`, { shape: [gates * hidden], start: constant(0) }],
      ]),
      ['head/kernel', { shape: [hidden, outputs], start: glorot }],
      ['head/bias', { shape: [outputs], start: constant(0) }],
    ]),
    random,
  );
  if (openGate !== undefined) {
    for (const name of layerNames) openOneGate(parameters.get(`${name}/bias`), openGate, hidden);
  }
  const states = (inputs: tf.Tensor3D): tf.Tensor3D => {
    const [time, batch] = inputs.shape;
    let signal = inputs;
    for (const [layer, name] of layerNames.entries()) {
      const flat = tf.reshape(signal, [time * batch, signal.shape[2]]);
      const product = layer === 0 ? dataProduct : matrixProduct;
      const sums = tf.add(product(flat, parameters.get(`${name}/kernel`)), parameters.get(`${name}/bias`));
      const recurrent = parameters.get(`${name}/recurrent`);
      signal = run(sums.as3D(time, batch, gates * hidden), recurrent.as2D(hidden, gates * hidden));
    }
    return signal;
  };
  return {
    parameters,
    states,
    head: (rows) =>
      tf
        .add(matrixProduct(rows, parameters.get('head/kernel')), parameters.get('head/bias'))
        .as2D(rows.shape[0], outputs),
  };
}

function openOneGate(bias: tf.Variable, gate: number, hidden: number): void {
  tf.tidy(() => {
    const ones = Float32Array.from({ length: bias.size }, (_, index) =>
      Math.floor(index / hidden) === gate ? 1 : 0,
    );
    bias.assign(tf.tensor1d(ones));
  });
}
