import * as tf from '@tensorflow/tfjs';
import { countOf } from './countOf.ts';
import { cutWindows, readCorpus } from './corpus.ts';
import type { Corpus } from './corpus.ts';
import { crossEntropy } from './crossEntropy.ts';
import { InputError } from './inputError.ts';
import type { Parameters } from './parameters.ts';
import { refuseTooLarge } from './refuseTooLarge.ts';
import { createRowSampler } from './rowSampler.ts';
import { seededRandom } from './seededRandom.ts';
import { randomStreams } from './randomStreams.ts';
import type { Batch, TaskSession } from './task.ts';

/** A model of the next character. */
export interface CharacterModel {
  readonly parameters: Parameters;
  /** The logits of the next character at each place, `[time * batch, characters]`, of characters `[time, batch]`. */
  logits(characters: tf.Tensor2D): tf.Tensor2D;
}

interface LanguageModelRequest {
  readonly texts: readonly string[];
  readonly seed: number;
  readonly sequenceLength: number;
  readonly batchSize: number;
  /** Makes the model for an alphabet of this size. */
  model(characters: number): CharacterModel;
}

const validationWindows = 64;
const sampleLength = 120;

/** A language model on a text: windows in random order, all of them before any comes again. */
export function openLanguageModel(request: LanguageModelRequest): TaskSession {
  const { sequenceLength, batchSize, seed } = request;
  const corpus = readCorpus(request.texts, sequenceLength);
  const windows = Math.floor((corpus.training.length - 1) / sequenceLength);
  if (windows < batchSize) {
    throw new InputError(
      `${corpus.source} has ${countOf(windows, 'window')} of ${sequenceLength} characters, fewer than a batch of ${batchSize}: ` +
        `give a smaller --batch-size or a shorter --sequence-length.`,
    );
  }
  refuseTooLarge(
    sequenceLength * batchSize * corpus.characters.length,
    'Give a smaller --batch-size or --sequence-length, or a text of fewer different characters.',
  );
  const { parameters, logits } = request.model(corpus.characters.length);
  const sampler = createRowSampler(windows, seededRandom(seed, randomStreams.batches));

  const lossOf = (codes: Uint16Array, starts: readonly number[]): Batch => {
    const { inputs, targets } = cutWindows(codes, starts, sequenceLength);
    const shape: [number, number] = [sequenceLength, starts.length];
    const characters = tf.tensor2d(inputs, shape, 'int32');
    const wanted = tf.tensor1d(targets, 'int32');
    return {
      loss: () => tf.tidy(() => crossEntropy(logits(characters), wanted)),
      dispose: () => tf.dispose([characters, wanted]),
    };
  };

  const spread = Math.max(1, Math.floor((corpus.validation.length - 1 - sequenceLength) / validationWindows));
  const validationStarts = Array.from(
    { length: Math.min(validationWindows, Math.floor((corpus.validation.length - 1) / spread)) },
    (_, index) => index * spread,
  ).filter((start) => start + sequenceLength < corpus.validation.length);

  return {
    notes: [
      `${corpus.source}: ${corpus.training.length.toLocaleString('en')} characters to train on, ` +
        `${corpus.validation.length.toLocaleString('en')} to validate on, ${corpus.characters.length} different ones.`,
      `The model has ${parameters.size.toLocaleString('en')} parameters.`,
    ],
    variables: parameters.variables,
    unitsPerStep: sequenceLength * batchSize,
    nextBatch: () =>
      lossOf(
        corpus.training,
        sampler.next(batchSize).map((row) => row * sequenceLength),
      ),
    position: sampler.position,
    restore: sampler.restore,
    evaluate: async () => {
      let sum = 0;
      for (let first = 0; first < validationStarts.length; first += batchSize) {
        const starts = validationStarts.slice(first, first + batchSize);
        const batch = lossOf(corpus.validation, starts);
        const loss = batch.loss();
        sum += starts.length * ((await loss.data())[0] ?? NaN);
        loss.dispose();
        batch.dispose();
      }
      const loss = sum / validationStarts.length;
      return { loss, bitsPerCharacter: loss / Math.LN2 };
    },
    sample: (number) => sample({ corpus, logits, sequenceLength, seed, number }),
    dispose: parameters.dispose,
  };
}

/** Draws characters one by one, each from what the model makes of the last `sequenceLength`. */
async function sample(from: {
  corpus: Corpus;
  logits: CharacterModel['logits'];
  sequenceLength: number;
  seed: number;
  number: number;
}): Promise<string> {
  const { corpus, logits } = from;
  const random = seededRandom(from.seed + from.number, randomStreams.samples);
  const space = Math.max(0, corpus.characters.indexOf(' '));
  const memory = Math.min(from.sequenceLength, 64);
  const codes = [space];
  while (codes.length <= sampleLength) {
    const seen = codes.slice(-memory);
    const row = tf.tidy(() => {
      const all = logits(tf.tensor2d(seen, [seen.length, 1], 'int32'));
      return tf.softmax(tf.slice(all, [seen.length - 1, 0], [1, corpus.characters.length]));
    });
    const chances = await row.data();
    row.dispose();
    codes.push(draw(chances, random.uniform()));
  }
  return codes.map((code) => corpus.characters[code] ?? '').join('');
}

/** The first entry at which the sum of the chances passes `point`. */
function draw(chances: ArrayLike<number>, point: number): number {
  let sum = 0;
  for (let index = 0; index < chances.length; index++) {
    sum += chances[index] ?? 0;
    if (sum > point) return index;
  }
  return chances.length - 1;
}
