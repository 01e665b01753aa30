import type { TransformJSON } from '@gradkit/core';
import { angleBetween, clipStages, flatten, normOf } from './clipStages.ts';
import type { Point } from './demoState.ts';
import type { NamedArrays } from './trainingPair.ts';

/** What a clip keeps a gradient within, cut along two entries. */
interface Boundary {
  readonly shape: 'circle' | 'box';
  /** Half of its width, in the plane of the two entries. */
  readonly radius: number;
  /** The threshold itself; larger than the radius of a circle where other entries take up a part of the norm. */
  readonly threshold: number;
}

/** A gradient before and after the clips, seen along two of its entries. */
export interface Geometry {
  /** The point before, after each clip, and so at the end. */
  readonly points: readonly Point[];
  readonly boundaries: readonly Boundary[];
  /** How many clips it went through. */
  readonly stages: number;
  /** Between all entries before and after, in degrees. */
  readonly angle: number;
  readonly normBefore: number;
  readonly normAfter: number;
  /** How many entries are not shown. */
  readonly others: number;
}

/** Looks at a gradient along two of its entries, counted over all leaves. */
export function geometryOf(
  chain: TransformJSON,
  gradient: NamedArrays,
  [first, second]: readonly [number, number],
): Geometry {
  const stages = clipStages(chain, gradient);
  const flats = stages.map((stage) => flatten(stage.gradient));
  const points = flats.map((flat) => ({ x: flat[first] ?? NaN, y: flat[second] ?? NaN }));
  const boundaries = stages.flatMap(({ clip }, index): Boundary[] => {
    const point = points[index];
    const flat = flats[index];
    if (clip === undefined || point === undefined || flat === undefined) return [];
    const { maxNorm, limit } = clip.options;
    if (clip.transform === 'clipByValue' && typeof limit === 'number')
      return [{ shape: 'box', radius: limit, threshold: limit }];
    if (clip.transform !== 'clipByGlobalNorm' || typeof maxNorm !== 'number') return [];
    const rest = flat.reduce(
      (sum, value, entry) => (entry === first || entry === second ? sum : sum + value * value),
      0,
    );
    return [{ shape: 'circle', radius: Math.sqrt(Math.max(0, maxNorm ** 2 - rest)), threshold: maxNorm }];
  });
  const last = stages.at(-1)?.gradient ?? gradient;
  return {
    points,
    boundaries,
    stages: stages.length - 1,
    angle: angleBetween(gradient, last),
    normBefore: normOf(gradient),
    normAfter: normOf(last),
    others: Math.max(0, (flats[0]?.length ?? 0) - 2),
  };
}

/** The two largest entries of a gradient, larger first. */
export function largestEntries(gradient: NamedArrays): readonly [number, number] {
  let [first, second] = [0, 1];
  const sizes = flatten(gradient).map(Math.abs);
  sizes.forEach((size, index) => {
    if (size > (sizes[first] ?? 0)) [first, second] = [index, first];
    else if (index !== first && size > (sizes[second] ?? 0)) second = index;
  });
  return first === second ? [first, first === 0 ? 1 : 0] : [first, second];
}

/** The names of all entries, `recurrent[14]`, in the order that `geometryOf` counts in. */
export function entryNames(gradient: NamedArrays): readonly string[] {
  return Object.entries(gradient).flatMap(([name, values]) =>
    Array.from(values, (_, index) => `${name}[${index}]`),
  );
}
