import { seededRandom } from './seededRandom.ts';
import type { Task } from './task.ts';

/** How long the sequences are, how many units the net has, and how many sequences a batch. */
export const recurrentSizes = { steps: 40, hidden: 12, batchSize: 16 } as const;

const { steps, hidden, batchSize } = recurrentSizes;

/**
 * A recurrent net that has to keep the running sum of forty numbers: h <- hW + xU + b, y = hV + c. Nothing squashes its state, so its
 * gradient grows with the fortieth power of W's largest eigenvalue. It starts at about a half and has to get to one; a step beyond one
 * and the gradient explodes. At the default learning rate 10 of 10 seeds diverge within 42 steps without clipping, and none of
 * them with the norm clipped to 0.5.
 */
export const recurrentTask: Task = {
  title: 'Recurrent net that explodes',
  description: `keeps the running sum of ${steps} numbers; its gradient grows with the ${steps}th power of its weights`,
  defaults: { learningRate: 0.03, threshold: 0.5 },
  parameters: (seed) => {
    const random = seededRandom(seed, 1);
    const normal = (count: number, deviation: number): Float32Array =>
      Float32Array.from({ length: count }, () => deviation * random.normal());
    return {
      input: { values: normal(hidden, 0.3), shape: [1, hidden] },
      recurrent: {
        values: normal(hidden * hidden, 0.1).map((value, index) => value + (isOnDiagonal(index) ? 0.5 : 0)),
        shape: [hidden, hidden],
      },
      bias: { values: new Float32Array(hidden), shape: [hidden] },
      output: { values: normal(hidden, 0.3), shape: [hidden, 1] },
      outputBias: { values: new Float32Array(1), shape: [1] },
    };
  },
  batches: (seed) => {
    const random = seededRandom(seed, 2);
    return () => {
      const inputs = new Float32Array(steps * batchSize);
      const targets = new Float32Array(steps * batchSize);
      for (let row = 0; row < batchSize; row++) {
        let sum = 0;
        for (let step = 0; step < steps; step++) {
          const value = 0.3 * random.normal();
          sum += value;
          inputs[step * batchSize + row] = value;
          targets[step * batchSize + row] = sum;
        }
      }
      const shape = [steps * batchSize, 1];
      return { inputs: { values: inputs, shape }, targets: { values: targets, shape } };
    };
  },
};

function isOnDiagonal(index: number): boolean {
  return index % (hidden + 1) === 0;
}
