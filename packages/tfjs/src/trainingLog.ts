import {
  describeValue,
  hyperparameterClocks,
  identity,
  InvalidOptionError,
  requireTransform,
  type Hyperparameters,
  type Report,
} from '@gradkit/core';
import type { GradientListener } from './transformSession.ts';

/** An optimizer that reports: what `toOptimizer` and `wrapOptimizer` make. */
export interface ReportingOptimizer {
  /** The steps taken so far. */
  readonly iterations: number;
  readonly hyperparameters: Hyperparameters;
  onReport(listener: (report: Report) => void): () => void;
  onGradients(listener: GradientListener): () => void;
}

/** What is known of one step. */
export interface TrainingLogEntry {
  readonly step: number;
  /** The loss, where somebody told it. */
  readonly loss?: number;
  /** What the transform reported, by path, such as `clipByGlobalNorm.norm`. */
  readonly values: Report['values'];
  /** Numbers of each leaf by path, then by the leaf's name. */
  readonly leafValues: Report['leafValues'];
  /** The learning rates at this step, by path, such as `adam.learningRate`. */
  readonly learningRates: Readonly<Record<string, number>>;
}

/** A running log. It is a callback of `model.fit`; in a loop of your own, tell it the loss. */
export interface TrainingLog {
  /** For `model.fit`: takes the loss of a batch. */
  onBatchEnd(batch: number, logs?: Readonly<Record<string, unknown>>): void;
  /** For `model.fit`: writes what is left. */
  onTrainEnd(): void;
  /** The loss of the step that was just taken. */
  loss(value: number): void;
  /** Writes what is left and stops listening. */
  close(): void;
}

/** Which steps are logged, and where entries go. */
export interface TrainingLogOptions {
  /** Each so many steps one is logged, beginning with the first. */
  readonly every: number;
  write(entry: TrainingLogEntry): void;
  /** Hands on what was written. */
  flush?(): void;
}

/**
 * Puts reports, learning rates and losses of an optimizer together, step by step, as they come. Losses may come before a report, which
 * a GPU hands over later.
 *
 * @throws {InvalidOptionError} if `every` is not a whole number of at least 1, or the optimizer does not report.
 */
export function createTrainingLog(
  optimizer: ReportingOptimizer,
  { every, write, flush }: TrainingLogOptions,
): TrainingLog {
  checkEvery('every', every);
  requireMethods('the optimizer', optimizer, ['onReport', 'onGradients']);
  const transform: unknown = 'transform' in optimizer ? optimizer.transform : identity();
  const clocks = hyperparameterClocks(requireTransform("The optimizer's transform", transform));
  const losses = new Map<number, number>();
  let open: Omit<TrainingLogEntry, 'loss'> | undefined;

  const finish = (): void => {
    if (open === undefined) return;
    const loss = losses.get(open.step);
    losses.delete(open.step);
    write(loss === undefined ? open : { ...open, loss });
    open = undefined;
  };

  const stop = optimizer.onReport(({ step, values, leafValues }) => {
    if (step % every !== 0) return;
    finish();
    open = { step, values, leafValues, learningRates: learningRatesOf(optimizer, clocks, step) };
    if (losses.has(step)) finish();
  });

  const tell = (loss: number): void => {
    const step = optimizer.iterations - 1;
    if (step < 0 || step % every !== 0) return;
    losses.set(step, loss);
    if (open?.step === step) finish();
  };

  const end = (): void => {
    finish();
    losses.clear();
    flush?.();
  };

  return {
    onBatchEnd: (_, logs) => {
      const loss = logs?.['loss'];
      if (typeof loss === 'number') tell(loss);
    },
    onTrainEnd: end,
    loss: (value) => {
      if (typeof value !== 'number') {
        throw new InvalidOptionError(
          `loss takes a number, but was given ${describeValue(value)}. Read a tensor first: (await loss.data())[0].`,
        );
      }
      tell(value);
    },
    close: () => {
      stop();
      end();
    },
  };
}

/** Judges whether something has the methods that are going to be called. */
export function requireMethods(what: string, value: unknown, names: readonly string[]): void {
  const missing = names.find(
    (name) => typeof value !== 'object' || value === null || typeof Reflect.get(value, name) !== 'function',
  );
  if (missing === undefined) return;
  throw new InvalidOptionError(
    `A log needs ${what} to have the method ${missing}, but was given ${describeValue(value)}. ` +
      `Optimizers that report are made by toOptimizer and wrapOptimizer, writers of summaries by tf.node.summaryFileWriter(folder, 1000).`,
  );
}

/** Judges how often something is logged. */
export function checkEvery(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new InvalidOptionError(
    `${name} must be a whole number of at least 1, but is ${describeValue(value)}. 10 logs each tenth step.`,
  );
}

/** The learning rates of a step. A schedule inside `accumulate` is asked with the inner step. */
function learningRatesOf(
  optimizer: ReportingOptimizer,
  clocks: ReturnType<typeof hyperparameterClocks>,
  step: number,
): Record<string, number> {
  const rates = Object.entries(optimizer.hyperparameters).flatMap(([path, value]): [string, number][] => {
    if (!path.endsWith('.learningRate')) return [];
    return [[path, typeof value === 'number' ? value : value(clocks.get(path)?.(step) ?? step)]];
  });
  const inner: unknown = 'optimizer' in optimizer ? optimizer.optimizer : undefined;
  if (typeof inner !== 'object' || inner === null || !('learningRate' in inner) || 'hyperparameters' in inner)
    return Object.fromEntries(rates);
  return typeof inner.learningRate === 'number'
    ? { ...Object.fromEntries(rates), learningRate: inner.learningRate }
    : Object.fromEntries(rates);
}
