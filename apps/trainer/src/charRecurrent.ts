import * as tf from '@tensorflow/tfjs';
import { openLanguageModel } from './languageModel.ts';
import { randomStreams } from './randomStreams.ts';
import { refuseTooLarge } from './refuseTooLarge.ts';
import { recurrences } from './recurrence.ts';
import { recurrentModel } from './recurrentModel.ts';
import { seededRandom } from './seededRandom.ts';
import { defineTask } from './task.ts';
import type { Task } from './task.ts';

/** A recurrent language model on one-hot characters. */
export function charRecurrent(name: string, summary: string, cell: 'lstm' | 'gru'): Task {
  return defineTask({
    name,
    summary,
    takesTexts: true,
    unit: 'tokens',
    defaults: { optimizer: 'adam', learningRate: 3e-3, steps: 1000 },
    settings: {
      hidden: { meaning: 'units of a layer', fallback: 128 },
      layers: { meaning: 'recurrent layers', fallback: 1, most: 16 },
      sequenceLength: { meaning: 'characters of a window', fallback: 100, least: 2, most: 10_000 },
      batchSize: { meaning: 'windows in a batch', fallback: 16 },
    },
    open: async ({ settings: { hidden, layers, sequenceLength, batchSize }, texts, seed }) =>
      openLanguageModel({
        texts,
        seed,
        sequenceLength,
        batchSize,
        model: (characters) => {
          refuseTooLarge(
            sequenceLength * batchSize * recurrences[cell].gates * hidden,
            'Give a smaller --batch-size, --sequence-length or --hidden.',
          );
          const { parameters, states, head } = recurrentModel(
            { features: characters, hidden, layers, outputs: characters },
            recurrences[cell],
            seededRandom(seed, randomStreams.weights),
          );
          return {
            parameters,
            logits: (codes) => {
              const [time, batch] = codes.shape;
              const inputs = tf.oneHot(codes.flatten(), characters).toFloat().as3D(time, batch, characters);
              return head(states(inputs).as2D(time * batch, hidden));
            },
          };
        },
      }),
  });
}
