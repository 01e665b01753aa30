import { globalNorm } from '@gradkit/clip-norm';
import { chain, type TransformJSON } from '@gradkit/core';
import { toOptimizer, type Binding, type GradkitOptimizer } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { requireOptimizer } from './requireOptimizer.ts';
import { tasks, type Batch, type TaskName } from './task.ts';
import { taskLosses } from './taskLosses.ts';

/** The two runs: as the person built the chain, and without its clips. */
export const sides = ['raw', 'chain'] as const;

export type Side = (typeof sides)[number];

/** Two runs from the same weights over the same batches. */
export interface PairOptions {
  readonly task: TaskName;
  readonly seed: number;
  readonly transforms: Readonly<Record<Side, TransformJSON>>;
}

/** What one step of one run gave: the loss before it and the norm of its gradient before any clip. */
interface StepResult {
  readonly loss: number;
  readonly norm: number;
}

/** One step of both runs, counted from 0. A run that has diverged takes none. */
export type PairStep = { readonly step: number } & { readonly [side in Side]?: StepResult };

/** A gradient by leaf. */
export type NamedArrays = Readonly<Record<string, Float32Array>>;

export interface TrainingPair {
  /** Takes a step in each run that has not diverged. */
  step(): Promise<PairStep>;
  /** The gradient of the chain's last step, before the chain. */
  gradient(): Promise<NamedArrays>;
  /** Assigns a hyperparameter where the run has it; it holds from the next step on. */
  assign(path: string, value: number): void;
  /** Whether a run is over. */
  diverged(side: Side): boolean;
  /** Copies of the weights of a run. */
  weights(side: Side): Promise<NamedArrays>;
  dispose(): void;
}

/** A loss this many times the first one counts as diverged, long before it overflows. */
const divergedFactor = 1e6;

interface Run {
  readonly variables: Readonly<Record<string, tf.Variable>>;
  readonly optimizer: GradkitOptimizer;
  firstLoss: number | undefined;
  diverged: boolean;
}

/**
 * Sets up two runs on the active backend. Both see the same weights, batches and order; only the transform differs.
 *
 * @throws {InvalidOptionError} if a transform cannot be made from its JSON or is no optimizer.
 */
export function createTrainingPair(
  { task: taskName, seed, transforms }: PairOptions,
  { binding }: { binding?: Binding | undefined } = {},
): TrainingPair {
  const task = tasks[taskName];
  const nextBatch = task.batches(seed);
  // Before any variable is made, so that a transform that is refused leaves nothing behind.
  const optimizers = {
    raw: requireOptimizer(transforms.raw),
    chain: requireOptimizer(transforms.chain),
  };
  const openRun = (side: Side): Run => ({
    variables: Object.fromEntries(
      Object.entries(task.parameters(seed)).map(([name, { values, shape }]) => [
        name,
        tf.tidy(() => tf.variable(tf.tensor(values, [...shape]), true, `${side}/${name}`)),
      ]),
    ),
    optimizer: toOptimizer(chain(globalNorm(), optimizers[side]), binding === undefined ? {} : { binding }),
    firstLoss: undefined,
    diverged: false,
  });
  const runs: Readonly<Record<Side, Run>> = { raw: openRun('raw'), chain: openRun('chain') };
  let step = 0;
  let lastGradient: NamedTensors = {};

  const keepGradient = (gradient: NamedTensors): void => {
    tf.dispose(lastGradient);
    lastGradient = gradient;
  };

  const takeStep = async (side: Side, batch: BatchTensors): Promise<StepResult | undefined> => {
    const run = runs[side];
    if (run.diverged) return undefined;
    const reported = new Promise<number>((resolve) => {
      const stop = run.optimizer.onReport(({ values }) => {
        stop();
        resolve(values['globalNorm.norm'] ?? NaN);
      });
    });
    const { value, grads } = tf.tidy(() =>
      tf.variableGrads(
        () => tf.reshape<tf.Rank.R0>(taskLosses[taskName](run.variables, batch.inputs, batch.targets), []),
        Object.values(run.variables),
      ),
    );
    run.optimizer.applyGradients(grads);
    if (side === 'chain') keepGradient(grads);
    else tf.dispose(grads);
    const [loss = NaN] = await value.data();
    value.dispose();
    const norm = await reported;
    run.firstLoss ??= loss;
    const isFinite = Number.isFinite(loss) && Number.isFinite(norm);
    if (!isFinite || loss > divergedFactor * Math.max(run.firstLoss, 1e-3)) run.diverged = true;
    return { loss, norm };
  };

  return {
    step: async () => {
      const batch = toTensors(nextBatch());
      const [raw, chained] = await Promise.all([takeStep('raw', batch), takeStep('chain', batch)]);
      tf.dispose([batch.inputs, batch.targets]);
      const taken = {
        step,
        ...(raw === undefined ? {} : { raw }),
        ...(chained === undefined ? {} : { chain: chained }),
      };
      step++;
      return taken;
    },
    gradient: async () => {
      const entries = Object.entries(lastGradient).map(
        async ([name, tensor]): Promise<[string, Float32Array]> => [
          name.replace(/^chain\//, ''),
          Float32Array.from(await tensor.data()),
        ],
      );
      return Object.fromEntries(await Promise.all(entries));
    },
    assign: (path, value) => {
      for (const side of sides) {
        const { hyperparameters } = runs[side].optimizer;
        if (path in hyperparameters) hyperparameters[path] = value;
      }
    },
    diverged: (side) => runs[side].diverged,
    weights: async (side) =>
      Object.fromEntries(
        await Promise.all(
          Object.entries(runs[side].variables).map(
            async ([name, variable]): Promise<[string, Float32Array]> => [
              name,
              Float32Array.from(await variable.data()),
            ],
          ),
        ),
      ),
    dispose: () => {
      keepGradient({});
      for (const side of sides) {
        tf.dispose(runs[side].variables);
        runs[side].optimizer.dispose();
      }
    },
  };
}

type NamedTensors = Readonly<Record<string, tf.Tensor>>;

interface BatchTensors {
  readonly inputs: tf.Tensor;
  readonly targets: tf.Tensor;
}

function toTensors({ inputs, targets }: Batch): BatchTensors {
  return {
    inputs: tf.tensor(inputs.values, [...inputs.shape]),
    targets: tf.tensor(targets.values, [...targets.shape]),
  };
}
