import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useNativeInTests } from '@gradkit/libtensorflow';
import { loadTensorFlow } from '@gradkit/tfjs-node';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { recurrences } from './recurrence.ts';
import { seededRandom } from './seededRandom.ts';

const [time, batch, hidden] = [5, 3, 4];

/** The same maths as TensorFlow.js records it, operation by operation. */
const recorded: Record<keyof typeof recurrences, (inputs: tf.Tensor, recurrent: tf.Tensor) => tf.Tensor> = {
  tanh: (inputs, recurrent) => {
    let state: tf.Tensor = tf.zeros([batch, hidden]);
    return tf.stack(
      tf.unstack(inputs).map((input) => (state = tf.tanh(input.add(tf.matMul(state, recurrent))))),
    );
  },
  lstm: (inputs, recurrent) => {
    let state: tf.Tensor = tf.zeros([batch, hidden]);
    let cell: tf.Tensor = tf.zeros([batch, hidden]);
    return tf.stack(
      tf.unstack(inputs).map((input) => {
        const [i, f, o, g] = tf.split(input.add(tf.matMul(state, recurrent)), 4, 1);
        cell = tf
          .sigmoid(f ?? 0)
          .mul(cell)
          .add(tf.sigmoid(i ?? 0).mul(tf.tanh(g ?? 0)));
        state = tf.sigmoid(o ?? 0).mul(tf.tanh(cell));
        return state;
      }),
    );
  },
  gru: (inputs, recurrent) => {
    let state: tf.Tensor = tf.zeros([batch, hidden]);
    return tf.stack(
      tf.unstack(inputs).map((input) => {
        const [r, z, n] = tf.split(input, 3, 1);
        const [sr, sz, sn] = tf.split(tf.matMul(state, recurrent), 3, 1);
        const reset = tf.sigmoid(tf.add(r ?? 0, sr ?? 0));
        const update = tf.sigmoid(tf.add(z ?? 0, sz ?? 0));
        const candidate = tf.tanh(tf.add(n ?? 0, reset.mul(sn ?? 0)));
        state = tf.sub(1, update).mul(candidate).add(update.mul(state));
        return state;
      }),
    );
  },
};

function randomTensor(shape: number[], stream: number): tf.Tensor {
  const random = seededRandom(7, stream);
  const size = shape.reduce((product, axis) => product * axis, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

const hasNode = useNativeInTests();
// Not tfjs-node itself, which lacks functions on Node 24 that this puts back.
if (hasNode) await loadTensorFlow();
setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')))}/`);

// tfjs-node frees a tensor's memory with the tensor, so it shows a way back that uses what the way forth did not keep.
describe.for([
  { backend: 'cpu', isThere: true },
  { backend: 'wasm', isThere: true },
  { backend: 'tensorflow', isThere: hasNode },
])('on $backend', ({ backend, isThere }) => {
  test.skipIf(!isThere).each(['tanh', 'lstm', 'gru'] as const)(
    'the written-out gradient of %s is that of the recorded operations',
    async (name) => {
      await tf.setBackend(backend);
      const { gates, run } = recurrences[name];
      const inputs = randomTensor([time, batch, gates * hidden], 1);
      const recurrent = randomTensor([hidden, gates * hidden], 2);
      const weights = randomTensor([time, batch, hidden], 3);
      const gradientsOf = (f: (inputs: tf.Tensor, recurrent: tf.Tensor) => tf.Tensor): number[][] => {
        const { value, grads } = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) => f(a, b).mul(weights).sum())(
          [inputs, recurrent],
        );
        return [value, ...grads].map((tensor) => [...tensor.dataSync()]);
      };
      const ours = gradientsOf((a, b) =>
        run(a.as3D(time, batch, gates * hidden), b.as2D(hidden, gates * hidden)),
      );
      const theirs = gradientsOf(recorded[name]);
      expect(ours.map((part) => part.length)).toEqual([
        1,
        time * batch * gates * hidden,
        hidden * gates * hidden,
      ]);
      for (const [part, values] of ours.entries()) {
        for (const [index, value] of values.entries())
          expect(value).toBeCloseTo(theirs[part]?.[index] ?? NaN, 4);
      }
      expect(Math.hypot(...(ours[2] ?? []))).toBeGreaterThan(0.1);
    },
  );
});
