import * as tf from '@tensorflow/tfjs';
import type { JsonValue } from '@gradkit/core';
import { isJsonObject, readIntegers } from './jsonFields.ts';
import { randomFromState, seededRandom } from './seededRandom.ts';
import type { Random } from './seededRandom.ts';
import { randomStreams } from './randomStreams.ts';
import { refuseTooLarge } from './refuseTooLarge.ts';
import { recurrences } from './recurrence.ts';
import { recurrentModel } from './recurrentModel.ts';
import { withGradient } from './withGradient.ts';
import type { Batch, TaskSession } from './task.ts';

/** Sequences and what is to be said at their end. */
export interface Examples<Target> {
  /** `[time, batch, features]`, one after the other. */
  readonly inputs: Float32Array;
  readonly targets: readonly Target[];
}

interface SyntheticRequest<Target> {
  readonly seed: number;
  readonly length: number;
  readonly hidden: number;
  readonly cell: keyof typeof recurrences;
  readonly batchSize: number;
  readonly features: number;
  readonly outputs: number;
  /** Draws examples. */
  draw(count: number, random: Random): Examples<Target>;
  /** The loss, and the share of the examples that is right, for outputs `[batch, outputs]`. */
  judge(outputs: tf.Tensor2D, targets: readonly Target[]): { loss: tf.Scalar; accuracy: tf.Scalar };
}

const evaluationSize = 1000;

/** What can be set about a task of drawn sequences. */
export const syntheticSettings = {
  length: { meaning: 'steps of a sequence', fallback: 50, least: 10, most: 2000 },
  hidden: { meaning: 'units of the recurrent layer', fallback: 50 },
  cell: { meaning: 'the recurrent layer', choices: ['tanh', 'lstm', 'gru'], fallback: 'tanh' },
  batchSize: { meaning: 'sequences in a batch', fallback: 20 },
} as const;

/** Examples are drawn anew for each batch, so that none comes twice; a task is solved when 99 of 100 are right. */
export function openSynthetic<Target>(request: SyntheticRequest<Target>): TaskSession {
  const { seed, length, features, batchSize } = request;
  refuseTooLarge(
    length *
      Math.max(batchSize, evaluationSize) *
      Math.max(features, recurrences[request.cell].gates * request.hidden),
    'Give a smaller --batch-size, --length or --hidden.',
  );
  const { parameters, states, head } = recurrentModel(
    { features, hidden: request.hidden, layers: 1, outputs: request.outputs },
    recurrences[request.cell],
    seededRandom(seed, randomStreams.weights),
  );
  let random = seededRandom(seed, randomStreams.batches);
  const outputsOf = ({ inputs, targets }: Examples<Target>): tf.Tensor2D => {
    const signal = tf.tensor3d(inputs, [length, targets.length, features]);
    return head(lastStep(states(signal)));
  };
  const batchOf = (examples: Examples<Target>): Batch => ({
    loss: () => tf.tidy(() => request.judge(outputsOf(examples), examples.targets).loss),
    dispose: () => undefined,
  });
  return {
    notes: [
      `Sequences of ${length} steps, drawn anew for each batch; the model has ${parameters.size.toLocaleString('en')} parameters.`,
    ],
    variables: parameters.variables,
    unitsPerStep: batchSize,
    nextBatch: () => batchOf(request.draw(batchSize, random)),
    position: (): JsonValue => ({ random: random.state() }),
    restore: (position) => {
      const { random: state } = isJsonObject(position) ? position : {};
      random = randomFromState(readIntegers(state, "The checkpoint's random state"));
    },
    evaluate: async () => {
      const examples = request.draw(evaluationSize, seededRandom(seed, randomStreams.evaluation));
      const judged = tf.tidy(() => request.judge(outputsOf(examples), examples.targets));
      const [loss = NaN] = await judged.loss.data();
      const [accuracy = NaN] = await judged.accuracy.data();
      tf.dispose([judged.loss, judged.accuracy]);
      return { loss, accuracy };
    },
    isSolved: ({ accuracy = 0 }) => accuracy >= 0.99,
    dispose: parameters.dispose,
  };
}

/** The last step of `[time, batch, hidden]`. */
function lastStep(states: tf.Tensor3D): tf.Tensor2D {
  const [time, batch, hidden] = states.shape;
  const last = withGradient([states], () => ({
    value: tf.reshape(tf.slice(states, [time - 1, 0, 0], [1, batch, hidden]), [batch, hidden]),
    saved: [],
    gradient: (upstream) => [
      tf.concat([tf.zeros([time - 1, batch, hidden]), tf.reshape(upstream, [1, batch, hidden])], 0),
    ],
  }));
  return last.as2D(batch, hidden);
}
