import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, createStepper } from '@gradkit/core';
import { sgd } from '@gradkit/optimizers';
import type { Point } from './demoState.ts';

/**
 * The loss of a recurrent net of one unit, after Pascanu, Mikolov and Bengio 2013, section 2.3 and figure 6: x <- w s(x) + b, fifty times
 * from s(x) = 0.5, and the squared distance of the last s(x) from 0.7. The point's x is w, its y is b.
 */
export function cliffLoss({ x: w, y: b }: Point): number {
  let activation = start;
  for (let step = 0; step < timeSteps; step++) activation = sigmoid(w * activation + b);
  return (activation - target) ** 2;
}

/** The slope of the loss in w and b, through time. */
export function cliffGradient({ x: w, y: b }: Point): Point {
  let activation = start;
  let byW = 0;
  let byB = 0;
  for (let step = 0; step < timeSteps; step++) {
    const before = activation;
    activation = sigmoid(w * before + b);
    const slope = activation * (1 - activation);
    byW = slope * (before + w * byW);
    byB = slope * (1 + w * byB);
  }
  const outer = 2 * (activation - target);
  return { x: outer * byW, y: outer * byB };
}

/** The part of the plane that is drawn. */
export const cliffWindow = { left: 2, right: 7, bottom: -4, top: 0.5 } as const;

/** How the descent goes down the cliff. */
export interface CliffDescent {
  readonly from: Point;
  readonly learningRate: number;
  /** Undefined for none. */
  readonly maxNorm: number | undefined;
  readonly steps: number;
}

/** The points of a descent, run through the real transforms. It ends where it leaves all sight. */
export function descendCliff({ from, learningRate, maxNorm, steps }: CliffDescent): readonly Point[] {
  const optimizer = sgd({ learningRate });
  const stepper = createStepper(
    maxNorm === undefined ? optimizer : chain(clipByGlobalNorm({ maxNorm }), optimizer),
    { point: Float32Array.of(from.x, from.y) },
  );
  const points: Point[] = [from];
  for (let step = 0; step < steps; step++) {
    const at = points.at(-1) ?? from;
    const { x, y } = cliffGradient(at);
    stepper.step({ point: Float32Array.of(x, y) });
    const [nextX = NaN, nextY = NaN] = stepper.params()['point'] ?? [];
    points.push({ x: nextX, y: nextY });
    if (Math.abs(nextX) > 1e3 || Math.abs(nextY) > 1e3) break;
  }
  stepper.dispose();
  return points;
}

const timeSteps = 50;
const start = 0.5;
const target = 0.7;

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
