import { localSession, type Contestant } from './contestant.ts';
import { startOf, type Settings, type UpdateTask } from './updateTask.ts';

/** Two loops over Float32Arrays, as one writes them by hand: the norm, then clip and Adam in one. */
export const plainLoops: Contestant<UpdateTask> = {
  name: 'loops',
  label: 'plain JS loops',
  open: async (task) => {
    const { settings } = task;
    const { parameters, gradients } = startOf(task);
    const means = parameters.map(({ length }) => new Float32Array(length));
    const squares = parameters.map(({ length }) => new Float32Array(length));
    let count = 0;
    return localSession({
      step: () => {
        count++;
        const norm = Math.sqrt(gradients.reduce((sum, gradient) => sum + sumOfSquares(gradient), 0));
        const factors = {
          ...settings,
          scale: norm > settings.maxNorm ? settings.maxNorm / norm : 1,
          correction1: 1 - settings.beta1 ** count,
          correction2: 1 - settings.beta2 ** count,
        };
        parameters.forEach((parameter, leaf) => {
          const [gradient, mean, square] = [gradients[leaf], means[leaf], squares[leaf]];
          if (gradient === undefined || mean === undefined || square === undefined) return;
          update({ parameter, gradient, mean, square }, factors);
        });
      },
      parameters: () => parameters,
      dispose: () => undefined,
    });
  },
};

function sumOfSquares(gradient: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < gradient.length; index++) {
    const value = gradient[index] ?? 0;
    sum += value * value;
  }
  return sum;
}

interface Leaf {
  readonly parameter: Float32Array;
  readonly gradient: Float32Array;
  readonly mean: Float32Array;
  readonly square: Float32Array;
}

interface Factors extends Settings {
  readonly scale: number;
  readonly correction1: number;
  readonly correction2: number;
}

function update({ parameter, gradient, mean, square }: Leaf, factors: Factors): void {
  const { scale, beta1, beta2, epsilon, learningRate, correction1, correction2 } = factors;
  for (let index = 0; index < parameter.length; index++) {
    const g = (gradient[index] ?? 0) * scale;
    const m = beta1 * (mean[index] ?? 0) + (1 - beta1) * g;
    const v = beta2 * (square[index] ?? 0) + (1 - beta2) * g * g;
    mean[index] = m;
    square[index] = v;
    const p = parameter[index] ?? 0;
    parameter[index] = p - (learningRate * (m / correction1)) / (Math.sqrt(v / correction2) + epsilon);
  }
}
