import * as clipNorm from '@gradkit/clip-norm';
import * as clipValue from '@gradkit/clip-value';
import * as core from '@gradkit/core';
import * as optimizers from '@gradkit/optimizers';
import * as schedules from '@gradkit/schedules';

/** Every factory that takes options: what it takes before them, options that can be meant, and all their names. */
export interface Factory {
  readonly make: unknown;
  readonly before?: readonly unknown[];
  readonly meant: object;
  readonly names: readonly string[];
}

const constant = schedules.constant({ value: 0.1 });
const adam = optimizers.adam({ learningRate: schedules.constant({ value: 0.1 }) });
const bare = core.chain(
  core.stateless('bare', (updates) => updates),
  optimizers.sgd({ learningRate: 0.1 }),
);
const decaying = ['weightDecay', 'mask'];
const curve = ['initialValue', 'finalValue', 'transitionSteps', 'transitionBegin'];
const cycle = ['peakValue', 'transitionSteps', 'warmupFraction', 'initialValue', 'finalValue'];

function wrappers(inner: core.AnyTransform): Record<string, Factory> {
  const before = [inner];
  return {
    accumulate: { make: core.accumulate, before, meant: { every: 2 }, names: ['every'] },
    conditionally: { make: core.conditionally, before, meant: {}, names: ['from', 'until', 'every'] },
    lookahead: { make: core.lookahead, before, meant: {}, names: ['every', 'slowStepSize'] },
    skipNonFinite: { make: core.skipNonFinite, before, meant: {}, names: ['maxConsecutive'] },
  };
}

const rate = { learningRate: 0.1 };
/** The factories of transforms, by name. */
export const transformFactories: Readonly<Record<string, Factory>> = {
  ...wrappers(adam),
  ...Object.fromEntries(
    Object.entries(wrappers(bare)).map(([name, factory]) => [`${name} of a bare function`, factory]),
  ),
  adaptiveGradientClip: {
    make: clipNorm.adaptiveGradientClip,
    meant: { clipping: 1 },
    names: ['clipping', 'epsilon'],
  },
  clipByBlockRms: { make: clipNorm.clipByBlockRms, meant: { threshold: 1 }, names: ['threshold'] },
  clipByGlobalNorm: {
    make: clipNorm.clipByGlobalNorm,
    meant: { maxNorm: 2 },
    names: ['maxNorm', 'normType', 'epsilon'],
  },
  clipByNorm: { make: clipNorm.clipByNorm, meant: { maxNorm: 2 }, names: ['maxNorm', 'normType', 'epsilon'] },
  globalNorm: { make: clipNorm.globalNorm, meant: {}, names: ['normType'] },
  clipByValue: { make: clipValue.clipByValue, meant: { limit: 2 }, names: ['limit'] },
  'clipByValue with a range': {
    make: clipValue.clipByValue,
    meant: { min: -5, max: 5 },
    names: ['min', 'max'],
  },
  softClip: { make: clipValue.softClip, meant: { limit: 2 }, names: ['limit'] },
  scale: { make: optimizers.scale, meant: { factor: 2 }, names: ['factor'] },
  scaleByLearningRate: { make: optimizers.scaleByLearningRate, meant: rate, names: ['learningRate'] },
  addDecayedWeights: {
    make: optimizers.addDecayedWeights,
    meant: { weightDecay: 1 },
    names: ['weightDecay'],
  },
  scaleByAdam: { make: optimizers.scaleByAdam, meant: {}, names: ['beta1', 'beta2', 'epsilon'] },
  scaleByLion: { make: optimizers.scaleByLion, meant: {}, names: ['beta1', 'beta2'] },
  scaleByMomentum: {
    make: optimizers.scaleByMomentum,
    meant: { momentum: 0.5 },
    names: ['momentum', 'dampening', 'nesterov'],
  },
  scaleByRms: {
    make: optimizers.scaleByRms,
    meant: {},
    names: ['decay', 'epsilon', 'epsilonInRoot', 'centered'],
  },
  scaleByRss: {
    make: optimizers.scaleByRss,
    meant: {},
    names: ['initialAccumulatorValue', 'epsilon', 'epsilonInRoot'],
  },
  sgd: {
    make: optimizers.sgd,
    meant: rate,
    names: ['learningRate', 'momentum', 'dampening', 'nesterov', ...decaying],
  },
  adam: { make: optimizers.adam, meant: rate, names: ['learningRate', 'beta1', 'beta2', 'epsilon'] },
  adamw: {
    make: optimizers.adamw,
    meant: rate,
    names: ['learningRate', 'beta1', 'beta2', 'epsilon', ...decaying],
  },
  lion: { make: optimizers.lion, meant: rate, names: ['learningRate', 'beta1', 'beta2', ...decaying] },
  rmsprop: {
    make: optimizers.rmsprop,
    meant: rate,
    names: ['learningRate', 'decay', 'momentum', 'epsilon', 'epsilonInRoot', 'centered'],
  },
  adagrad: {
    make: optimizers.adagrad,
    meant: rate,
    names: ['learningRate', 'initialAccumulatorValue', 'epsilon', 'epsilonInRoot'],
  },
};

/** The factories of schedules, by name. */
const scheduleFactories: Readonly<Record<string, Factory>> = {
  constant: { make: schedules.constant, meant: { value: 1 }, names: ['value'] },
  cosineDecay: {
    make: schedules.cosineDecay,
    meant: { initialValue: 1, decaySteps: 10 },
    names: ['initialValue', 'decaySteps', 'finalValue', 'exponent'],
  },
  exponentialDecay: {
    make: schedules.exponentialDecay,
    meant: { initialValue: 1, decayRate: 0.5, transitionSteps: 10 },
    names: [...curve, 'decayRate', 'staircase'],
  },
  join: {
    make: schedules.join,
    meant: { schedules: [constant, constant], boundaries: [5] },
    names: ['schedules', 'boundaries'],
  },
  linear: {
    make: schedules.linear,
    meant: { initialValue: 1, finalValue: 0, transitionSteps: 10 },
    names: curve,
  },
  linearOneCycle: {
    make: schedules.linearOneCycle,
    meant: { peakValue: 1, transitionSteps: 100 },
    names: [...cycle, 'cooldownFraction'],
  },
  oneCycle: { make: schedules.oneCycle, meant: { peakValue: 1, transitionSteps: 100 }, names: cycle },
  piecewiseConstant: {
    make: schedules.piecewiseConstant,
    meant: { boundaries: [5], values: [1, 2] },
    names: ['boundaries', 'values'],
  },
  piecewiseInterpolate: {
    make: schedules.piecewiseInterpolate,
    meant: { boundaries: [5], values: [1, 2] },
    names: ['boundaries', 'values', 'interpolation'],
  },
  polynomial: {
    make: schedules.polynomial,
    meant: { initialValue: 1, finalValue: 0, power: 2, transitionSteps: 10 },
    names: [...curve, 'power'],
  },
  warmup: {
    make: schedules.warmup,
    meant: { warmupSteps: 5, schedule: constant },
    names: ['warmupSteps', 'schedule', 'initialValue'],
  },
  warmupCosineDecay: {
    make: schedules.warmupCosineDecay,
    meant: { peakValue: 1, warmupSteps: 5, decaySteps: 10 },
    names: ['peakValue', 'warmupSteps', 'decaySteps', 'initialValue', 'finalValue', 'exponent'],
  },
};

/** All of them. */
export const factories: Readonly<Record<string, Factory>> = { ...transformFactories, ...scheduleFactories };

/** What a factory makes of some options. */
export function makeOf({ make: factory, before = [] }: Factory, options: object): unknown {
  if (typeof factory !== 'function') throw new TypeError('a factory is a function');
  return Reflect.apply(factory, undefined, [...before, options]);
}
