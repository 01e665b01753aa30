import * as clipNorm from '@gradkit/clip-norm';
import * as clipValue from '@gradkit/clip-value';
import { accumulate, chain, InvalidOptionError, skipNonFinite, transformFromJSON } from '@gradkit/core';
import type { AnyTransform, GradientTransform, JsonValue, StateTree, TransformRegistry } from '@gradkit/core';
import * as optimizers from '@gradkit/optimizers';
import {
  cosineDecay,
  exponentialDecay,
  linear,
  linearOneCycle,
  schedules,
  warmupCosineDecay,
} from '@gradkit/schedules';
import type { SerializableSchedule } from '@gradkit/schedules';
import { clipEffect } from './clipEffect.ts';
import { InputError } from './inputError.ts';
import { isJsonObject } from './jsonFields.ts';
import { parseNumber } from './numberOption.ts';

/** A transform that makes the updates of the parameters. */
export type Optimizer = GradientTransform<StateTree, 'updates'>;

/** What names in a transform's JSON stand for. */
const transformRegistry: TransformRegistry = {
  transforms: { ...clipNorm, ...clipValue, ...optimizers, clipEffect },
  schedules,
};

/** The clips of the command line, by the word before the colon. */
const clips: Readonly<Record<string, (threshold: number) => AnyTransform>> = {
  'global-norm': (maxNorm) => clipNorm.clipByGlobalNorm({ maxNorm }),
  norm: (maxNorm) => clipNorm.clipByNorm({ maxNorm }),
  'block-rms': (threshold) => clipNorm.clipByBlockRms({ threshold }),
  adaptive: (clipping) => clipNorm.adaptiveGradientClip({ clipping }),
  value: (limit) => clipValue.clipByValue({ limit }),
  soft: (limit) => clipValue.softClip({ limit }),
};

/** The words that `--clip` knows. */
export const clipNames: readonly string[] = Object.keys(clips);

interface OptimizerOptions {
  readonly learningRate: number | SerializableSchedule;
  readonly momentum: number | undefined;
  readonly weightDecay: number | undefined;
}

interface OptimizerKind {
  /** Which of the further options it takes. */
  readonly takes: readonly ('momentum' | 'weightDecay')[];
  make(options: OptimizerOptions): Optimizer;
}

const optimizerKinds: Readonly<Record<string, OptimizerKind>> = {
  sgd: {
    takes: ['momentum', 'weightDecay'],
    make: ({ learningRate, momentum, weightDecay }) =>
      optimizers.sgd({
        learningRate,
        ...(momentum === undefined ? {} : { momentum }),
        ...(weightDecay === undefined ? {} : { weightDecay }),
      }),
  },
  adam: { takes: [], make: ({ learningRate }) => optimizers.adam({ learningRate }) },
  adamw: {
    takes: ['weightDecay'],
    make: ({ learningRate, weightDecay = 0.01 }) => optimizers.adamw({ learningRate, weightDecay }),
  },
  lion: {
    takes: ['weightDecay'],
    make: ({ learningRate, weightDecay }) =>
      optimizers.lion({ learningRate, ...(weightDecay === undefined ? {} : { weightDecay }) }),
  },
  rmsprop: { takes: [], make: ({ learningRate }) => optimizers.rmsprop({ learningRate }) },
  adagrad: { takes: [], make: ({ learningRate }) => optimizers.adagrad({ learningRate }) },
};

/** The words that `--optimizer` knows. */
export const optimizerNames: readonly string[] = Object.keys(optimizerKinds);

interface Curve {
  readonly peak: number;
  readonly steps: number;
  readonly warmupSteps: number;
}

const curves: Readonly<Record<string, (curve: Curve) => number | SerializableSchedule>> = {
  constant: ({ peak }) => peak,
  'warmup-cosine': ({ peak, steps, warmupSteps }) =>
    warmupCosineDecay({ peakValue: peak, warmupSteps, decaySteps: steps, finalValue: peak / 10 }),
  cosine: ({ peak, steps }) => cosineDecay({ initialValue: peak, decaySteps: steps }),
  linear: ({ peak, steps }) => linear({ initialValue: peak, finalValue: 0, transitionSteps: steps }),
  exponential: ({ peak, steps }) =>
    exponentialDecay({ initialValue: peak, decayRate: 0.1, transitionSteps: steps }),
  'one-cycle': ({ peak, steps }) => linearOneCycle({ peakValue: peak, transitionSteps: steps }),
};

/** Fewer steps leave one of the three lines of the cycle without a step. */
const shortestCycle = 4;

/** The words that `--schedule` knows. */
export const scheduleNames: readonly string[] = Object.keys(curves);

/** The chain that the flags of the command line describe. */
export interface ChainFlags {
  /** `global-norm:1`, one after the other; `none` is none. */
  readonly clip: readonly string[];
  readonly optimizer: string;
  readonly learningRate: number;
  readonly momentum: number | undefined;
  readonly weightDecay: number | undefined;
  readonly schedule: string;
  /** How many batches the schedule is over. */
  readonly steps: number;
  readonly warmupSteps: number | undefined;
  readonly accumulate: number;
  readonly skipNonFinite: boolean;
}

/**
 * Makes the transform: clips in the order given, then the optimizer; the mean of `accumulate` micro-batches goes through all of it;
 * micro-batches that are not finite are left out first.
 *
 * @throws {InputError} if a word is unknown or a number cannot be meant.
 */
export function chainFromFlags(flags: ChainFlags): Optimizer {
  const parts = flags.clip.filter((clip) => clip !== 'none').map(readClip);
  const kind = optimizerKinds[flags.optimizer];
  if (kind === undefined) throw unknown('--optimizer', flags.optimizer, optimizerNames);
  for (const name of ['momentum', 'weightDecay'] as const) {
    if (flags[name] === undefined || kind.takes.includes(name)) continue;
    const takers = optimizerNames.filter((other) => optimizerKinds[other]?.takes.includes(name));
    const flag = name === 'momentum' ? '--momentum' : '--weight-decay';
    throw new InputError(
      `--optimizer ${flags.optimizer} takes no ${flag}; ${takers.length === 1 ? `${takers.join('')} does` : `${takers.slice(0, -1).join(', ')} and ${takers.at(-1)} do`}.`,
    );
  }
  const curve = curves[flags.schedule];
  if (curve === undefined) throw unknown('--schedule', flags.schedule, scheduleNames);
  const steps = Math.max(1, Math.ceil(flags.steps / flags.accumulate));
  if (flags.warmupSteps !== undefined) {
    if (flags.schedule !== 'warmup-cosine') {
      throw new InputError(`--schedule ${flags.schedule} takes no --warmup; warmup-cosine does.`);
    }
    if (flags.warmupSteps >= steps) {
      throw new InputError(
        `--warmup ${flags.warmupSteps} must be below the ${steps} steps of the optimizer that the schedule is over.`,
      );
    }
  }
  if (flags.schedule === 'one-cycle' && steps < shortestCycle) {
    throw new InputError(
      `--schedule one-cycle needs at least ${shortestCycle} steps of the optimizer, but has ${steps}: give more --steps, or another --schedule.`,
    );
  }
  return judged(() => {
    const { learningRate: peak, momentum, weightDecay } = flags;
    const warmupSteps = flags.warmupSteps ?? Math.min(Math.ceil(steps / 10), steps - 1);
    const learningRate = curve({ peak, steps, warmupSteps });
    const optimizer = kind.make({ learningRate, momentum, weightDecay });
    const clipped = requireOptimizer(chain(...parts, optimizer));
    const gathered = flags.accumulate === 1 ? clipped : accumulate(clipped, { every: flags.accumulate });
    return flags.skipNonFinite ? skipNonFinite(gathered) : gathered;
  });
}

/**
 * Reads a transform of JSON.
 *
 * @throws {InputError} if a name or an option is unknown, or if it yields gradients, which would climb the loss.
 */
export function chainFromJSON(json: JsonValue | undefined): Optimizer {
  return judged(() => requireOptimizer(transformFromJSON(json, transformRegistry)));
}

/**
 * The same transform with the effect of its clips reported: those that a chain begins with, also inside of `skipNonFinite` and
 * `accumulate`, are run by {@link clipEffect}.
 */
export function withClipEffect(optimizer: Optimizer): Optimizer {
  return chainFromJSON(observed({ ...optimizer.toJSON() }));
}

/** How many batches a step of the optimizer takes: the product of the `accumulate`s around what has the learning rate. */
export function batchesPerStep(json: JsonValue): number {
  return batchesWithin(json) ?? 1;
}

/** A schedule of the learning rate that comes to an end. */
interface EndingSchedule {
  readonly name: string;
  /** After how many steps of the optimizer. */
  readonly end: number;
}

/** The schedule of the learning rate, if there is one and it ends. */
export function endingSchedule(json: JsonValue): EndingSchedule | undefined {
  if (Array.isArray(json)) {
    return json.map((part: JsonValue) => endingSchedule(part)).find((found) => found !== undefined);
  }
  if (!isJsonObject(json) || !isJsonObject(json['options'])) return undefined;
  const { inner, transforms, learningRate } = json['options'];
  if (isJsonObject(learningRate) && isJsonObject(learningRate['options'])) {
    const { schedule, options } = learningRate;
    const length = typeof schedule === 'string' ? lengthNames[schedule] : undefined;
    const { [length ?? '']: steps, transitionBegin } = options;
    if (typeof schedule !== 'string' || typeof steps !== 'number') return undefined;
    return { name: schedule, end: steps + (typeof transitionBegin === 'number' ? transitionBegin : 0) };
  }
  return [transforms, inner].map((part) => endingSchedule(part ?? null)).find((found) => found !== undefined);
}

/** The same transform with the schedule of its learning rate stretched or shrunk to so many steps of the optimizer. */
export function withScheduleSteps(json: JsonValue, steps: number): JsonValue {
  if (Array.isArray(json)) return json.map((part: JsonValue) => withScheduleSteps(part, steps));
  if (!isJsonObject(json)) return json;
  const { schedule, options } = json;
  const length = typeof schedule === 'string' ? lengthNames[schedule] : undefined;
  if (length !== undefined && isJsonObject(options)) {
    return { ...json, options: { ...options, [length]: steps } };
  }
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, withScheduleSteps(value, steps)]),
  );
}

/** What the length of a schedule that ends is called. */
const lengthNames: Readonly<Record<string, string>> = {
  cosineDecay: 'decaySteps',
  warmupCosineDecay: 'decaySteps',
  linear: 'transitionSteps',
  linearOneCycle: 'transitionSteps',
};

function batchesWithin(json: JsonValue): number | undefined {
  if (!isJsonObject(json) || !isJsonObject(json['options'])) return undefined;
  const { inner, transforms, every, learningRate } = json['options'];
  if (learningRate !== undefined) return 1;
  const parts: readonly JsonValue[] = Array.isArray(transforms)
    ? transforms
    : inner === undefined
      ? []
      : [inner];
  const within = parts.map(batchesWithin).find((batches) => batches !== undefined);
  const own = json['transform'] === 'accumulate' && typeof every === 'number' ? every : 1;
  return within === undefined ? undefined : own * within;
}

function observed(json: JsonValue): JsonValue {
  if (!isJsonObject(json) || !isJsonObject(json['options'])) return json;
  const { transform, options } = json;
  const { inner, transforms } = options;
  if ((transform === 'skipNonFinite' || transform === 'accumulate') && inner !== undefined) {
    return { transform, options: { ...options, inner: observed(inner) } };
  }
  const parts: readonly JsonValue[] =
    transform === 'chain' && Array.isArray(transforms) ? transforms : [json];
  const end = parts.findIndex((part) => transformFromJSON(part, transformRegistry).yields === 'updates');
  const clipsFirst = { transform: 'chain', options: { transforms: parts.slice(0, end) } };
  const effect = { transform: 'clipEffect', options: end > 0 ? { inner: clipsFirst } : {} };
  return { transform: 'chain', options: { transforms: [effect, ...parts.slice(Math.max(end, 0))] } };
}

function readClip(text: string): AnyTransform {
  const [name = '', threshold, ...rest] = text.split(':');
  const make = Object.hasOwn(clips, name) ? clips[name] : undefined;
  if (make === undefined) throw unknown('--clip', name, [...clipNames, 'none']);
  const number = parseNumber(threshold ?? '');
  if (rest.length > 0 || Number.isNaN(number)) {
    throw new InputError(
      text.includes(',') && rest.length === 0
        ? `--clip ${text}: one threshold goes after the colon.`
        : text.includes(',')
          ? `--clip ${text}: give each clip a --clip of its own, such as ${text
              .split(',')
              .map((clip) => `--clip ${clip}`)
              .join(' ')}.`
          : `--clip ${text}: write the threshold after a colon, such as --clip ${name}:1.`,
    );
  }
  const float = Math.fround(number);
  if (!Number.isFinite(float) || (float === 0 && number !== 0)) {
    throw new InputError(`--clip ${text}: the threshold must be a finite 32-bit float.`);
  }
  if (!(number > 0))
    throw new InputError(`--clip ${text}: the threshold must be above 0, such as --clip ${name}:1.`);
  return judged(() => make(number));
}

function unknown(flag: string, word: string, known: readonly string[]): InputError {
  return new InputError(`${flag} ${word}: there is no such one; there are ${known.join(', ')}.`);
}

function requireOptimizer(transform: AnyTransform): Optimizer {
  if (isOptimizer(transform)) return transform;
  throw new InputError(
    `The transform ${transform.name} yields gradients, which would climb the loss: end the chain with an optimizer such as sgd.`,
  );
}

function isOptimizer(transform: AnyTransform): transform is Optimizer {
  return transform.yields === 'updates';
}

/** What an option's check says is the user's own mistake here. */
function judged<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof InvalidOptionError) throw new InputError(error.message);
    throw error;
  }
}
