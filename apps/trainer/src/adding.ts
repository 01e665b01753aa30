import * as tf from '@tensorflow/tfjs';
import type { Random } from './seededRandom.ts';
import { openSynthetic, syntheticSettings } from './synthetic.ts';
import type { Examples } from './synthetic.ts';
import { defineTask } from './task.ts';
import type { Task } from './task.ts';

/**
 * The adding problem: numbers from 0 to 1, two of them marked, one in the first tenth of the sequence and one after it in the first
 * half. At the end the model says their mean; it is right within 0.04.
 *
 * @see Hochreiter & Schmidhuber 1997, section 5.4; Pascanu, Mikolov & Bengio 2013, section 4.1
 */
export const adding: Task = defineTask({
  name: 'adding',
  summary: 'A recurrent net that adds two marked numbers of a long sequence.',
  takesTexts: false,
  unit: 'sequences',
  defaults: { optimizer: 'adam', learningRate: 3e-3, steps: 5000 },
  settings: syntheticSettings,
  open: async ({ settings: { length, ...settings }, seed }) =>
    openSynthetic({
      ...settings,
      seed,
      length,
      features: 2,
      outputs: 1,
      draw: (count, random) => drawSums(count, length, random),
      judge: (outputs, targets) => {
        const error = tf.sub(outputs.flatten(), tf.tensor1d([...targets]));
        return {
          loss: tf.mean(tf.square(error)).asScalar(),
          accuracy: tf.mean(tf.lessEqual(tf.abs(error), 0.04).toFloat()).asScalar(),
        };
      },
    }),
});

/** Draws sequences of (number, mark); the target is the mean of the two marked numbers. */
export function drawSums(count: number, length: number, random: Random): Examples<number> {
  const inputs = new Float32Array(length * count * 2);
  const tenth = Math.floor(length / 10);
  const half = Math.floor(length / 2);
  const targets = Array.from({ length: count }, (_, column) => {
    const places = new Set([random.integer(tenth), tenth + random.integer(half - tenth)]);
    let sum = 0;
    for (let step = 0; step < length; step++) {
      const value = Math.fround(random.uniform());
      const at = (step * count + column) * 2;
      inputs[at] = value;
      if (!places.has(step)) continue;
      inputs[at + 1] = 1;
      sum += value;
    }
    return sum / 2;
  });
  return { inputs, targets };
}
