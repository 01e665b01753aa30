export { adagrad, type AdagradOptions } from './adagrad.ts';
export { adam, type AdamOptions } from './adam.ts';
export { adamw, type AdamwOptions } from './adamw.ts';
export { addDecayedWeights, type AddDecayedWeightsOptions } from './addDecayedWeights.ts';
export { lion, type LionOptions } from './lion.ts';
export { rmsprop, type RmspropOptions } from './rmsprop.ts';
export { scale, type ScaleOptions } from './scale.ts';
export { scaleByAdam, type ScaleByAdamOptions, type ScaleByAdamState } from './scaleByAdam.ts';
export { scaleByLearningRate, type ScaleByLearningRateOptions } from './scaleByLearningRate.ts';
export { scaleByLion, type ScaleByLionOptions, type ScaleByLionState } from './scaleByLion.ts';
export {
  scaleByMomentum,
  type ScaleByMomentumOptions,
  type ScaleByMomentumState,
} from './scaleByMomentum.ts';
export { scaleByRms, type ScaleByRmsOptions, type ScaleByRmsState } from './scaleByRms.ts';
export { scaleByRss, type ScaleByRssOptions, type ScaleByRssState } from './scaleByRss.ts';
export { sgd, type SgdOptions } from './sgd.ts';
