import * as clipNorm from '@gradkit/clip-norm';
import * as clipValue from '@gradkit/clip-value';
import type { TransformRegistry } from '@gradkit/core';
import * as optimizers from '@gradkit/optimizers';
import { schedules } from '@gradkit/schedules';

/** Every transform and schedule that a random chain may hold. */
export const fuzzRegistry: TransformRegistry = {
  transforms: { ...clipNorm, ...clipValue, ...optimizers },
  schedules,
};
