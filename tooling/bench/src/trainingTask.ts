import { simpleNetTree } from './parameterTree.ts';
import { startOf, usualSettings, type Settings } from './updateTask.ts';
import { uniformValues } from './uniformValues.ts';

/** Whole training steps of SimpleNet on one batch: forward, mean squared error, backward, clip by global norm, Adam. */
export interface TrainingTask {
  readonly kind: 'training';
  readonly settings: Settings;
}

/** The measured step. */
export const simpleNetTraining: TrainingTask = { kind: 'training', settings: usualSettings };

/** The batch, as pieces of the endless row of `uniformValues`. */
export const batch = {
  inputs: { shape: [32, 10], length: 320, start: 1000 },
  targets: { shape: [32, 2], length: 64, start: 2000 },
} as const;

/** SimpleNet's first weights and the batch. */
export function trainingStart(): {
  weights: { name: string; shape: readonly number[]; values: Float32Array }[];
  inputs: Float32Array;
  targets: Float32Array;
} {
  const { parameters } = startOf({ tree: simpleNetTree });
  return {
    weights: simpleNetTree.leaves.map(({ name, shape }, leaf) => ({
      name,
      shape,
      values: parameters[leaf] ?? new Float32Array(),
    })),
    inputs: uniformValues(batch.inputs.length, batch.inputs.start),
    targets: uniformValues(batch.targets.length, batch.targets.start),
  };
}
