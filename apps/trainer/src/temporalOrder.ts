import * as tf from '@tensorflow/tfjs';
import { accuracy, crossEntropy } from './crossEntropy.ts';
import type { Random } from './seededRandom.ts';
import { openSynthetic, syntheticSettings } from './synthetic.ts';
import type { Examples } from './synthetic.ts';
import { defineTask } from './task.ts';
import type { Task } from './task.ts';

/** A and B, then four symbols that mean nothing. */
const symbols = 6;

/**
 * The temporal order problem: among symbols that mean nothing, two that do, each A or B, the first after a tenth to two tenths of
 * the sequence, the second after four to five tenths. At the end the model says which of the four orders it was.
 *
 * @see Hochreiter & Schmidhuber 1997, section 5.6; Pascanu, Mikolov & Bengio 2013, section 4.1
 */
export const temporalOrder: Task = defineTask({
  name: 'temporal-order',
  summary: 'A recurrent net that tells in which order two symbols came, long before the end of a sequence.',
  takesTexts: false,
  unit: 'sequences',
  defaults: { optimizer: 'sgd', learningRate: 0.05, steps: 5000 },
  settings: syntheticSettings,
  open: async ({ settings: { length, ...settings }, seed }) =>
    openSynthetic({
      ...settings,
      seed,
      length,
      features: symbols,
      outputs: 4,
      draw: (count, random) => drawOrders(count, length, random),
      judge: (outputs, targets) => {
        const wanted = tf.tensor1d([...targets], 'int32');
        return { loss: crossEntropy(outputs, wanted), accuracy: accuracy(outputs, wanted) };
      },
    }),
});

/** Draws sequences one-hot; the target is 2 * first + second, A being 0 and B 1. */
export function drawOrders(count: number, length: number, random: Random): Examples<number> {
  const inputs = new Float32Array(length * count * symbols);
  const tenth = Math.floor(length / 10);
  const targets = Array.from({ length: count }, (_, column) => {
    const places = [tenth + random.integer(tenth), 4 * tenth + random.integer(tenth)];
    const signs = [random.integer(2), random.integer(2)];
    for (let step = 0; step < length; step++) {
      const place = places.indexOf(step);
      const symbol = place === -1 ? 2 + random.integer(symbols - 2) : (signs[place] ?? 0);
      inputs[(step * count + column) * symbols + symbol] = 1;
    }
    return 2 * (signs[0] ?? 0) + (signs[1] ?? 0);
  });
  return { inputs, targets };
}
