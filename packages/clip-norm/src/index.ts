export { adaptiveGradientClip, type AdaptiveGradientClipOptions } from './adaptiveGradientClip.ts';
export { clipByBlockRms, type ClipByBlockRmsOptions } from './clipByBlockRms.ts';
export { clipByGlobalNorm, type ClipByGlobalNormOptions } from './clipByGlobalNorm.ts';
export { clipByNorm, type ClipByNormOptions } from './clipByNorm.ts';
export { globalNorm, type GlobalNormOptions } from './globalNorm.ts';
