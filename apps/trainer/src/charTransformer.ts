import { InputError } from './inputError.ts';
import { refuseTooLarge } from './refuseTooLarge.ts';
import { openLanguageModel } from './languageModel.ts';
import { randomStreams } from './randomStreams.ts';
import { seededRandom } from './seededRandom.ts';
import { defineTask } from './task.ts';
import type { Task } from './task.ts';
import { transformerModel } from './transformerModel.ts';

const sizes = {
  tiny: { width: 32, layers: 2, heads: 2 },
  small: { width: 128, layers: 4, heads: 4 },
  large: { width: 256, layers: 6, heads: 8 },
};

/** A transformer of GPT's kind that predicts the next character of a text. */
export const charTransformer: Task = defineTask({
  name: 'char-transformer',
  summary: 'A causal transformer that predicts the next character of Moby Dick, or of your text.',
  takesTexts: true,
  unit: 'tokens',
  defaults: { optimizer: 'adamw', learningRate: 1e-3, steps: 1000 },
  settings: {
    size: {
      meaning: 'tiny (30 thousand parameters), small (0.8 million) or large (4.8 million)',
      choices: ['tiny', 'small', 'large'],
      fallback: 'small',
    },
    width: { meaning: 'width of the signal, instead of that of the size', fallback: 0, least: 0, most: 8192 },
    layers: { meaning: 'layers, instead of those of the size', fallback: 0, least: 0, most: 96 },
    heads: { meaning: 'heads of attention, instead of those of the size', fallback: 0, least: 0, most: 128 },
    sequenceLength: { meaning: 'characters of a window', fallback: 64, least: 2, most: 4096 },
    batchSize: { meaning: 'windows in a batch', fallback: 8 },
  },
  open: async ({ settings, texts, seed }) => {
    const usual = sizes[settings.size];
    const [width, layers, heads] = [
      settings.width || usual.width,
      settings.layers || usual.layers,
      settings.heads || usual.heads,
    ];
    if (width % heads !== 0) {
      throw new InputError(
        `--width ${width} cannot be shared out among ${heads} heads: it must be a multiple of --heads.`,
      );
    }
    const { sequenceLength, batchSize } = settings;
    return openLanguageModel({
      texts,
      seed,
      sequenceLength,
      batchSize,
      model: (characters) => {
        refuseTooLarge(
          batchSize * sequenceLength * Math.max(heads * sequenceLength, 4 * width),
          'Give a smaller --batch-size, --sequence-length, --width or --heads.',
        );
        return transformerModel(
          { characters, sequenceLength, width, layers, heads },
          seededRandom(seed, randomStreams.weights),
        );
      },
    });
  },
});
