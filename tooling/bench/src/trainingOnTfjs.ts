import { toOptimizer, type Binding } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { clipByTfOperations } from './clipByTfOperations.ts';
import { localSession, type Contestant } from './contestant.ts';
import { activateBackend, tfjsVersion, type TfjsBackend } from './tfjsBackend.ts';
import { batch, trainingStart, type TrainingTask } from './trainingTask.ts';
import { transforms } from './transforms.ts';

/** What happens to the gradients of a training step. */
type ApplyGradients = (task: TrainingTask) => { apply(gradients: tf.NamedTensorMap): void; dispose(): void };

/** Training on TensorFlow.js as its users write it: `tf.variableGrads`, a clip of tf operations, `tf.train.adam`. */
export function trainingAsWritten(backend: TfjsBackend): Contestant<TrainingTask> {
  return trainingOnTfjs(
    { name: `tfjs-${backend}`, label: `tfjs on ${backend}: tf ops + tf.train.adam`, backend },
    ({ settings: { maxNorm, learningRate, beta1, beta2, epsilon } }) => {
      const optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);
      return {
        apply: (gradients) => optimizer.applyGradients(clipByTfOperations(gradients, maxNorm)),
        dispose: () => optimizer.dispose(),
      };
    },
  );
}

/** The same training with Gradkit's optimizer; without a binding, operation by operation. */
export function trainingWithGradkit(options: {
  readonly name: string;
  readonly label: string;
  readonly backend: TfjsBackend;
  readonly binding?: () => Binding;
}): Contestant<TrainingTask> {
  return trainingOnTfjs(options, ({ settings }) => {
    const { binding } = options;
    const optimizer = toOptimizer(transforms['clip + Adam'](settings), binding && { binding: binding() });
    return {
      apply: (gradients) => optimizer.applyGradients(gradients),
      dispose: () => optimizer.dispose(),
    };
  });
}

let netCount = 0;

function trainingOnTfjs(
  { name, label, backend }: { name: string; label: string; backend: TfjsBackend },
  applyGradients: ApplyGradients,
): Contestant<TrainingTask> {
  return {
    name,
    label,
    version: async () => tfjsVersion(backend),
    open: async (task) => {
      await activateBackend(backend);
      const start = trainingStart();
      const prefix = `net${netCount++}`;
      const variable = (leaf: number): tf.Variable => {
        const { name: leafName = '', shape = [], values = [] } = start.weights[leaf] ?? {};
        return tf.tidy(() =>
          tf.variable(tf.tensor(values, [...shape], 'float32'), true, `${prefix}/${leafName}`),
        );
      };
      const [hiddenKernel, hiddenBias] = [variable(0), variable(1)];
      const [outputKernel, outputBias] = [variable(2), variable(3)];
      const variables = [hiddenKernel, hiddenBias, outputKernel, outputBias];
      const inputs = tf.tensor2d(start.inputs, [...batch.inputs.shape]);
      const targets = tf.tensor2d(start.targets, [...batch.targets.shape]);
      const optimizer = applyGradients(task);
      const loss = (): tf.Scalar => {
        const hidden = tf.relu(tf.add(tf.matMul(inputs, hiddenKernel), hiddenBias));
        const outputs = tf.add(tf.matMul(hidden, outputKernel), outputBias);
        return tf.mean(tf.square(tf.sub(outputs, targets)));
      };
      return localSession({
        activate: () => activateBackend(backend),
        step: () => tf.tidy(() => optimizer.apply(tf.variableGrads(loss, variables).grads)),
        parameters: () => Promise.all(variables.map(async (one) => Float32Array.from(await one.data()))),
        dispose: () => {
          optimizer.dispose();
          tf.dispose([inputs, targets, ...variables]);
        },
      });
    },
  };
}
