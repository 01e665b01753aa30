import { setImmediate } from 'node:timers/promises';
import type { JsonValue } from '@gradkit/core';
import { toOptimizer } from '@gradkit/tfjs';
import type { Binding, GradkitOptimizer } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs';
import { awaitReport } from './awaitReport.ts';
import type { ReportedValues } from './awaitReport.ts';
import type { Checkpoint, SavedTensor } from './checkpoint.ts';
import { batchesPerStep, chainFromJSON, withClipEffect } from './gradientChain.ts';
import { InputError } from './inputError.ts';
import { readCount } from './jsonFields.ts';
import type { RunConfig } from './runConfig.ts';
import { fromMetric, toMetric } from './runFolder.ts';
import type { RunFolder } from './runFolder.ts';
import type { TaskSession } from './task.ts';

/** What one step gave. */
export interface StepMetrics {
  /** Counted from 1: how many steps are done. */
  readonly step: number;
  readonly loss: number;
  /** The joint norm of the gradients before any clip; NaN in a micro-step of `accumulate`, where no clip is reached. */
  readonly norm: number;
  /** The norm after the clips over that before. */
  readonly factor: number;
  /** The cosine of the angle by which the clips turned the gradient. */
  readonly cosine: number;
  readonly learningRate: number;
  /** Tokens, rows or sequences so far. */
  readonly units: number;
  /** Time in training so far, over all sessions of the run. */
  readonly seconds: number;
}

/** What is known of a step besides its metrics. */
export interface StepContext {
  /** Whether the clips were reached; they are not in a micro-step of `accumulate`. */
  readonly isReported: boolean;
  /** Time in training in this session. */
  readonly sessionSeconds: number;
}

/** Follows a run. */
export interface RunObserver {
  stepped(metrics: StepMetrics, context: StepContext): void;
  evaluated(step: number, evaluation: Readonly<Record<string, number>>): void;
  sampled(step: number, text: string): void;
  noted(line: string): void;
}

/** How a session of training ended. */
export interface RunOutcome {
  /**
   * `finished` after all steps, `solved` when there was nothing left to learn, `out of time`, `interrupted` by a signal, `diverged`
   * when the loss was no longer a number, be it the last one on held-out data.
   */
  readonly outcome: 'finished' | 'solved' | 'out of time' | 'interrupted' | 'diverged';
  readonly step: number;
  /** The mean of the last losses, a twentieth of the run's steps; NaN if none was a number. */
  readonly loss: number;
  readonly firstLoss: number;
  readonly evaluation: Readonly<Record<string, number>>;
  /** Whether the optimizer took a last step with batches that fill none of `accumulate`. */
  readonly flushed: boolean;
  readonly seconds: number;
  /** The last steps before a divergence, oldest first. */
  readonly lastSteps: readonly StepMetrics[];
  /** The middle one of the last thousand norms that were finite. */
  readonly usualNorm: number;
}

interface TrainRunOptions {
  readonly config: RunConfig;
  /** Ready to train; the caller disposes of it. */
  readonly session: TaskSession;
  readonly folder: RunFolder;
  readonly binding: Binding;
  readonly observer: RunObserver;
  readonly signal: AbortSignal;
  /** Stops after so long. */
  readonly maxSeconds?: number;
}

/** Losses in a row that are no numbers before a run whose transform skips such steps is given up. */
const patience = 50;

/**
 * Trains, from the folder's newest checkpoint if there is one, and leaves metrics, checkpoints and a result in the folder.
 *
 * What the interrupted run would have computed, the resumed one computes, bit by bit.
 * @throws {InputError} if the folder cannot be written, its checkpoint is of another model, or it has done more steps than are wanted.
 */
export async function trainRun(options: TrainRunOptions): Promise<RunOutcome> {
  const { config, session, binding, observer } = options;
  const transform = withClipEffect(chainFromJSON({ ...config.transform }));
  const optimizer = toOptimizer(transform, { binding });
  try {
    session.notes.forEach((note) => observer.noted(note));
    const progress = await resume(options, optimizer);
    // Only now, so that a checkpoint that is refused leaves the run as it was.
    options.folder.writeConfig(config);
    options.folder.removeResult();
    return await runSteps(options, optimizer, progress);
  } finally {
    optimizer.dispose();
  }
}

interface Progress {
  step: number;
  seconds: number;
  firstLoss: number;
  losses: number[];
}

async function resume(
  { config, folder, observer, session }: TrainRunOptions,
  optimizer: GradkitOptimizer,
): Promise<Progress> {
  const loaded = folder.loadCheckpoint(observer.noted);
  if (loaded === undefined) {
    folder.cutMetrics(0, observer.noted);
    return { step: 0, seconds: 0, firstLoss: NaN, losses: [] };
  }
  const { path, checkpoint } = loaded;
  await restore(checkpoint, path, session, optimizer);
  const { metadata } = checkpoint;
  const step = readCount(metadata['step'], `The step of ${path}`);
  if (config.steps < step) {
    throw new InputError(
      `--steps ${config.steps} is below the ${step} that the run has done: give more, or begin a new run with --config.`,
    );
  }
  folder.cutMetrics(step, observer.noted);
  observer.noted(`Going on after step ${step} from ${path}.`);
  const losses: readonly JsonValue[] = Array.isArray(metadata['losses']) ? metadata['losses'] : [];
  return {
    step,
    seconds: Number(metadata['seconds']),
    firstLoss: fromMetric(metadata['firstLoss']),
    losses: losses.map(Number),
  };
}

async function restore(
  { tensors, metadata }: Checkpoint,
  path: string,
  session: TaskSession,
  optimizer: GradkitOptimizer,
): Promise<void> {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const names = session.variables.map(({ name }) => `model/${name}`);
  const stranger = [...byName.keys()].find((name) => name.startsWith('model/') && !names.includes(name));
  for (const [index, variable] of session.variables.entries()) {
    const saved = byName.get(names[index] ?? '');
    if (saved !== undefined && saved.shape.join() === variable.shape.join() && stranger === undefined)
      continue;
    throw new InputError(
      `${path} is of another model: ` +
        (saved === undefined || stranger !== undefined
          ? `it has ${stranger === undefined ? `no ${variable.name}` : `${stranger.slice(6)}, which this one lacks`}.`
          : `its ${variable.name} has shape [${saved.shape.join()}], here it is [${variable.shape.join()}].`),
    );
  }
  for (const [index, variable] of session.variables.entries()) {
    const saved = byName.get(names[index] ?? '');
    if (saved === undefined) continue;
    const tensor = toTensor(saved);
    variable.assign(tensor);
    tensor.dispose();
  }
  const weights = tensors
    .filter(({ name }) => name.startsWith('optimizer/'))
    .map((saved) => ({ name: saved.name.slice('optimizer/'.length), tensor: toTensor(saved) }));
  await optimizer.setWeights(weights);
  tf.dispose(weights.map(({ tensor }) => tensor));
  session.restore(metadata['position']);
}

function toTensor({ values, shape }: SavedTensor): tf.Tensor {
  return tf.tensor(values, [...shape], values instanceof Float32Array ? 'float32' : 'int32');
}

/** All that the run needs to go on from here. */
async function capture(
  session: TaskSession,
  optimizer: GradkitOptimizer,
  progress: Progress,
): Promise<Checkpoint> {
  const model = session.variables.map((tensor) => ({ name: `model/${tensor.name}`, tensor }));
  const weights = (await optimizer.getWeights()).map(({ name, tensor }) => ({
    name: `optimizer/${name}`,
    tensor,
  }));
  const tensors: SavedTensor[] = [];
  for (const { name, tensor } of [...model, ...weights]) {
    const values = await tensor.data();
    tensors.push({
      name,
      shape: tensor.shape,
      values: tensor.dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values),
    });
  }
  return {
    tensors,
    metadata: {
      step: progress.step,
      seconds: progress.seconds,
      firstLoss: toMetric(progress.firstLoss),
      losses: [...progress.losses],
      position: session.position(),
    },
  };
}

async function runSteps(
  { config, session, folder, observer, signal, maxSeconds = Infinity }: TrainRunOptions,
  optimizer: GradkitOptimizer,
  progress: Progress,
): Promise<RunOutcome> {
  const reports = new Map<number, ReportedValues>();
  const stopListening = optimizer.onReport(({ step, values }) => void reports.set(step, values));
  const started = performance.now() - 1000 * progress.seconds;
  const before = progress.seconds;
  const averaged = Math.max(1, Math.ceil(config.steps / 20));
  const lastSteps: StepMetrics[] = [];
  let broken = 0;
  const accumulated = batchesPerStep({ ...config.transform });
  let saved = progress.step;
  /** A checkpoint that waits for the loss of the next step: that of its own step is the loss before it. */
  let unproven: { readonly step: number; readonly checkpoint: Checkpoint } | undefined;
  let evaluation: Readonly<Record<string, number>> = {};
  let evaluatedAt: number | undefined;
  let flushed = false;

  const evaluate = async (): Promise<void> => {
    if (evaluatedAt === progress.step) return;
    evaluatedAt = progress.step;
    evaluation = await session.evaluate();
    const line = Object.entries(evaluation).map(([name, value]) => [name, toMetric(value)] as const);
    folder.addMetrics({
      step: progress.step,
      evaluation: Object.fromEntries(line),
      ...(flushed ? { flushed } : {}),
    });
    observer.evaluated(progress.step, evaluation);
  };
  const captureNow = async (): Promise<{ step: number; checkpoint: Checkpoint }> =>
    unproven?.step === progress.step
      ? unproven
      : { step: progress.step, checkpoint: await capture(session, optimizer, progress) };
  const write = ({ step, checkpoint }: { step: number; checkpoint: Checkpoint }): void => {
    folder.saveCheckpoint(step, checkpoint);
    saved = step;
    unproven = undefined;
  };
  /** Ends with the judgement of the held-out data, which also proves the weights. */
  const conclude = async (outcome: 'finished' | 'solved' | 'out of time'): Promise<RunOutcome> => {
    // From before the flush, so that a run that goes on has the bits of one that never ended.
    const checkpoint = saved === progress.step ? undefined : await captureNow();
    if (outcome === 'finished' && (await optimizer.flush())) {
      flushed = true;
      evaluatedAt = undefined;
    }
    await evaluate();
    if (!Object.values(evaluation).every(Number.isFinite)) return end('diverged');
    if (checkpoint !== undefined) write(checkpoint);
    if (flushed) folder.saveFlushed(await capture(session, optimizer, progress));
    return end(outcome === 'finished' && session.isSolved?.(evaluation) === true ? 'solved' : outcome);
  };
  /** Ends at once: one more batch, which is not trained on, proves the weights. */
  const interrupt = async (): Promise<RunOutcome> => {
    if (saved !== progress.step) {
      const checkpoint = await captureNow();
      if (Number.isFinite(await nextLoss(session))) write(checkpoint);
      else
        observer.noted(`The weights after step ${progress.step} give no finite loss, so they are not saved.`);
    }
    return end('interrupted');
  };
  const end = (outcome: RunOutcome['outcome']): RunOutcome => ({
    outcome,
    step: progress.step,
    loss: mean(progress.losses),
    firstLoss: progress.firstLoss,
    evaluation,
    flushed,
    seconds: progress.seconds,
    lastSteps,
    usualNorm: median(lastSteps.map(({ norm }) => norm).filter(Number.isFinite)),
  });

  try {
    while (progress.step < config.steps) {
      if (signal.aborted) return await interrupt();
      if (progress.seconds - before >= maxSeconds) return await conclude('out of time');
      const learningRate = learningRateOf(optimizer, accumulated);
      const loss = await takeStep(session, optimizer);
      const report = await awaitReport(reports, optimizer.iterations - 1, { signal });
      progress.step += 1;
      progress.seconds = (performance.now() - started) / 1000;
      if (progress.step === 1) progress.firstLoss = loss;
      const metrics: StepMetrics = {
        step: progress.step,
        loss,
        norm: report['clipEffect.norm'] ?? NaN,
        factor: report['clipEffect.factor'] ?? NaN,
        cosine: report['clipEffect.cosine'] ?? NaN,
        learningRate,
        units: progress.step * session.unitsPerStep,
        seconds: progress.seconds,
      };
      const line = Object.entries(metrics).map(([name, value]): [string, JsonValue] => [
        name,
        toMetric(value),
      ]);
      folder.addMetrics(Object.fromEntries(line));
      observer.stepped(metrics, {
        isReported: 'clipEffect.norm' in report,
        sessionSeconds: progress.seconds - before,
      });
      lastSteps.push(metrics);
      if (lastSteps.length > 1000) lastSteps.shift();
      broken = Number.isFinite(loss) ? 0 : broken + 1;
      if (broken > (skips(config) ? patience : 0)) return end('diverged');
      if (broken === 0) {
        progress.losses.push(loss);
        if (progress.losses.length > averaged) progress.losses.shift();
        if (unproven !== undefined) write(unproven);
      }
      if (isDue(progress.step, config.evaluateEvery)) {
        await evaluate();
        if (session.isSolved?.(evaluation) === true) return await conclude('solved');
      }
      if (isDue(progress.step, config.sampleEvery) && session.sample !== undefined && broken === 0) {
        observer.sampled(progress.step, await session.sample(progress.step));
      }
      if (isDue(progress.step, config.checkpointEvery)) unproven ??= await captureNow();
      await setImmediate();
    }
    return await conclude('finished');
  } finally {
    stopListening();
  }
}

/** One step; the loss is that before it. */
async function takeStep(session: TaskSession, optimizer: GradkitOptimizer): Promise<number> {
  const batch = session.nextBatch();
  const { value, grads } = tf.variableGrads(() => batch.loss(), [...session.variables]);
  optimizer.applyGradients(grads);
  const [loss = NaN] = await value.data();
  tf.dispose([value, grads]);
  batch.dispose();
  return loss;
}

/** The loss of the next batch, without training on it. */
async function nextLoss(session: TaskSession): Promise<number> {
  const batch = session.nextBatch();
  const value = batch.loss();
  const [loss = NaN] = await value.data();
  value.dispose();
  batch.dispose();
  return loss;
}

/** The rate of the step to come; a schedule counts the steps of the optimizer, of which each takes several batches. */
function learningRateOf(optimizer: GradkitOptimizer, batches: number): number {
  const path = Object.keys(optimizer.hyperparameters).find((name) => name.endsWith('learningRate'));
  const value = path === undefined ? undefined : optimizer.hyperparameters[path];
  return typeof value === 'function' ? value(Math.floor(optimizer.iterations / batches)) : (value ?? NaN);
}

function isDue(step: number, every: number): boolean {
  return every > 0 && step % every === 0;
}

/** Whether the run's transform leaves out steps whose gradients are not finite. */
function skips({ transform }: Pick<RunConfig, 'transform'>): boolean {
  return JSON.stringify(transform).includes('"skipNonFinite"');
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? NaN : values.reduce((sum, value) => sum + value / values.length, 0);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** A run's outcome as its folder keeps it. */
export function resultOf(outcome: RunOutcome, backend: string): Readonly<Record<string, JsonValue>> {
  const { lastSteps, evaluation, ...rest } = outcome;
  const numbers = (values: Readonly<Record<string, number | string | boolean>>): Record<string, JsonValue> =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === 'number' ? toMetric(value) : value,
      ]),
    );
  return {
    ...numbers(rest),
    backend,
    evaluation: numbers(evaluation),
    lastNorm: toMetric(lastSteps.at(-1)?.norm ?? NaN),
  };
}
