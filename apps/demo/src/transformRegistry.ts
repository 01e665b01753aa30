import * as clipNorm from '@gradkit/clip-norm';
import * as clipValue from '@gradkit/clip-value';
import type { TransformRegistry } from '@gradkit/core';
import * as optimizers from '@gradkit/optimizers';
import { schedules } from '@gradkit/schedules';

/** Every transform and schedule that the page knows by name: what it can read from JSON and where its code imports it from. */
export const packages: Readonly<Record<string, NonNullable<TransformRegistry['transforms']>>> = {
  '@gradkit/clip-norm': { ...clipNorm },
  '@gradkit/clip-value': { ...clipValue },
  '@gradkit/optimizers': { ...optimizers },
};

export const transformRegistry: TransformRegistry = {
  transforms: Object.assign({}, ...Object.values(packages)),
  schedules: { ...schedules },
};
